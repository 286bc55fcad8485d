using System.Net;
using System.Net.Sockets;

namespace InterCluster.Testing.Machines;

/// <summary>
/// A way to a server that can be made slow, or swallow everything: connections stay open, new ones are taken, and nothing comes through until it is let
/// through again. What was on its way in a swallowing proxy is lost with its connection.
/// </summary>
public sealed class TcpProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly int _target;
    private readonly Task _accepting;
    private volatile TaskCompletionSource _open = Opened();
    private volatile CancellationTokenSource _generation = new();
    private long _delay;

    public TcpProxy(int target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>How long each piece takes on its way to the server; the way back is free.</summary>
    public TimeSpan Delay
    {
        get => TimeSpan.FromTicks(Volatile.Read(ref _delay));
        set => Volatile.Write(ref _delay, value.Ticks);
    }

    /// <summary>Nothing passes from here on, in either direction.</summary>
    public void Swallow() => _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Breaks what is open, and lets new connections through.</summary>
    public void Heal()
    {
        CancellationTokenSource broken = Interlocked.Exchange(ref _generation, new CancellationTokenSource());
        broken.Cancel();
        _open.TrySetResult();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private static TaskCompletionSource Opened()
    {
        var open = new TaskCompletionSource();
        open.SetResult();
        return open;
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            Socket client = await _listener.AcceptSocketAsync(_stop.Token);
            _ = PassAsync(client);
        }
    }

    private async Task PassAsync(Socket client)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, _generation.Token);
        using Socket here = client;
        using var there = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            here.NoDelay = there.NoDelay = true;
            await _open.Task.WaitAsync(ended.Token);
            await there.ConnectAsync(IPAddress.Loopback, _target, ended.Token);
            Task first = await Task.WhenAny(CopyAsync(here, there, delayed: true, ended.Token), CopyAsync(there, here, delayed: false, ended.Token));
            await first;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
        }

        await ended.CancelAsync();
    }

    private async Task CopyAsync(Socket from, Socket to, bool delayed, CancellationToken ct)
    {
        byte[] buffer = new byte[64 << 10];
        while (await from.ReceiveAsync(buffer, ct) is > 0 and var read)
        {
            if (delayed && Delay > TimeSpan.Zero)
            {
                await Task.Delay(Delay, TimeProvider.System, ct);
            }

            await _open.Task.WaitAsync(ct);
            for (int sent = 0; sent < read;)
            {
                sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), ct);
            }
        }
    }
}
