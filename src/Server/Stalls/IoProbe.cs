using System.Net;
using System.Net.Sockets;

namespace InterCluster.Server.Stalls;

/// <summary>
/// A byte sent through a loopback connection of the process's own, answered on the I/O thread that serves its other end. The time until
/// then is how long that thread was busy with something else.
/// </summary>
internal sealed class IoProbe : IDisposable
{
    private readonly byte[] _byte = new byte[1];
    private readonly Socket _near;
    private readonly Socket _far;
    private readonly TimeProvider _time;
    private readonly ManualResetEventSlim _answered = new();
    private long _answeredAt;

    private IoProbe(Socket near, Socket far, TimeProvider time)
    {
        _near = near;
        _far = far;
        _time = time;
        _ = AnswerAsync();
    }

    /// <summary>The managed id of the thread that answered last: tells which I/O thread this probe watches.</summary>
    public int AnsweringThread { get; private set; }

    public static IoProbe Open(TimeProvider time)
    {
        // IPv4: many a container has no other loopback.
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        var near = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        near.Connect(listener.LocalEndPoint!);
        return new IoProbe(near, listener.Accept(), time);
    }

    /// <summary>How long the thread took to answer; null when it did not within <paramref name="patience"/>.</summary>
    public TimeSpan? Measure(TimeSpan patience)
    {
        _answered.Reset();
        long asked = _time.GetTimestamp();
        _near.Send([1]);
        return _answered.Wait(patience) ? _time.GetElapsedTime(asked, Volatile.Read(ref _answeredAt)) : null;
    }

    public void Dispose()
    {
        _near.Dispose();
        _far.Dispose();
        _answered.Dispose();
    }

    private async Task AnswerAsync()
    {
        try
        {
            while (await _far.ReceiveAsync(_byte).ConfigureAwait(false) > 0)
            {
                Volatile.Write(ref _answeredAt, _time.GetTimestamp());
                AnsweringThread = Environment.CurrentManagedThreadId;
                _answered.Set();
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The probe was closed.
        }
    }
}
