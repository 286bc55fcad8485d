using System.Net;
using System.Net.Sockets;

namespace InterCluster.Api.Tests.Gateway;

/// <summary>A replica that answers by hand, and that may break every rule.</summary>
internal sealed class RawReplica : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<RawPeer, Task> _serve;
    private readonly Task _accepting;
    private int _connections;

    private RawReplica(Func<RawPeer, Task> serve)
    {
        _serve = serve;
        _listener.Start();
        Address = $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";
        _accepting = AcceptAsync();
    }

    public string Address { get; }

    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Each connection is closed when its <paramref name="serve"/> returns.</summary>
    public static RawReplica Start(Func<RawPeer, Task> serve) => new(serve);

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket socket = await _listener.AcceptSocketAsync();
                Interlocked.Increment(ref _connections);
                _ = ServeAsync(new RawPeer(socket));
            }
        }
        catch (Exception e) when (e is SocketException or InvalidOperationException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(RawPeer peer)
    {
        using (peer)
        {
            try
            {
                await _serve(peer);
            }
            catch (SocketException)
            {
                // The gateway reset the connection: the tests see what follows from it.
            }
        }
    }
}
