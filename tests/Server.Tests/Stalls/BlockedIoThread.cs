using System.Net;
using System.Net.Sockets;

namespace InterCluster.Server.Tests.Stalls;

/// <summary>A connection whose other end, on its I/O thread, waits for something, as a mistake on the path of a call would.</summary>
internal sealed class BlockedIoThread : IDisposable
{
    private readonly TaskCompletionSource _blocked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _go = new();
    private readonly TcpClient _near = new(AddressFamily.InterNetwork);
    private readonly Socket _far;
    private readonly Task _reading;

    private BlockedIoThread(TcpListener listener)
    {
        _near.Connect((IPEndPoint)listener.LocalEndpoint);
        _far = listener.AcceptSocket();
        _reading = ReadAndBlockAsync();
    }

    public static async Task<BlockedIoThread> StartAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var blocked = new BlockedIoThread(listener);
        blocked._near.Client.Send([1]);
        await blocked._blocked.Task;
        return blocked;
    }

    /// <summary>The thread goes on.</summary>
    public async Task FreeAsync()
    {
        _go.Set();
        await _reading;
    }

    public void Dispose()
    {
        _go.Set();
        _near.Dispose();
        _far.Dispose();
    }

    private async Task ReadAndBlockAsync()
    {
        // The byte is sent only after this waits: the rest runs on the thread that learns of it.
        await _far.ReceiveAsync(new byte[1]).ConfigureAwait(false);
        _blocked.SetResult();
        _go.Wait();
    }
}
