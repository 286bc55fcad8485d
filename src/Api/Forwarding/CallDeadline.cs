using System.Collections.Concurrent;

namespace InterCluster.Api.Forwarding;

/// <summary>
/// The time limit of a run (<c>response_grace_period</c>), as a token. Pooled: a call that ends in time costs one timer change and no
/// allocation.
/// </summary>
internal sealed class CallDeadline : IDisposable
{
    private const int MaxPooled = 1024;
    private static readonly ConcurrentQueue<CallDeadline> Pool = new();
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _source;
    private long _end;

    private CallDeadline(TimeProvider time)
    {
        _time = time;
        _source = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
    }

    public CancellationToken Token => _source.Token;

    /// <summary>True when the time was up.</summary>
    public bool IsOver => _source.IsCancellationRequested;

    /// <summary>What is left of it; zero when it is over or lifted.</summary>
    public TimeSpan Remaining
    {
        get
        {
            TimeSpan left = TimeSpan.FromTicks(Math.Max(0, Volatile.Read(ref _end) - _time.GetUtcNow().UtcTicks));
            return IsOver ? TimeSpan.Zero : left;
        }
    }

    public static CallDeadline Rent(TimeProvider time) =>
        Pool.TryDequeue(out CallDeadline? pooled) && ReferenceEquals(pooled._time, time) ? pooled : new CallDeadline(time);

    /// <summary>The run begins now.</summary>
    public void Start(TimeSpan limit)
    {
        Volatile.Write(ref _end, _time.GetUtcNow().UtcTicks + limit.Ticks);
        _source.CancelAfter(limit);
    }

    /// <summary>No limit from here on.</summary>
    public void Lift()
    {
        Volatile.Write(ref _end, 0);
        _source.CancelAfter(Timeout.InfiniteTimeSpan);
    }

    /// <summary>The call is over and nothing uses the token any more.</summary>
    public void Return()
    {
        if (_source.TryReset() && Pool.Count < MaxPooled)
        {
            Pool.Enqueue(this);
        }
        else
        {
            Dispose();
        }
    }

    public void Dispose() => _source.Dispose();
}
