namespace InterCluster.Api.Forwarding;

/// <summary>
/// How many connections to a replica carry no call. A hint: the HTTP client may find one of them closed, or give it to another call, a moment
/// after it was counted.
/// </summary>
internal sealed class IdleConnections
{
    // Less than the HTTP client keeps one: it takes the last used first.
    private static readonly long Fresh = (long)(ReplicaTransport.IdleTimeout * 0.9).TotalMilliseconds;
    private int _count;
    private long _lastAdded;

    // The HTTP client's own clock.
    public bool Any => Volatile.Read(ref _count) > 0 && Environment.TickCount64 - Volatile.Read(ref _lastAdded) < Fresh;

    public void Add()
    {
        Volatile.Write(ref _lastAdded, Environment.TickCount64);
        Interlocked.Increment(ref _count);
    }

    public void Remove() => Interlocked.Decrement(ref _count);
}
