namespace InterCluster.Core.Admission;

/// <summary>
/// How long calls wait. While replicas are ready each waits for <c>queue_timeout</c>, while none is for <c>cold_start_timeout</c>; a change between the
/// two starts the wait anew, but all in all nobody waits longer than both. Because this depends on nothing but when a call came, the oldest
/// call is always the next to expire: one timer is enough, and hot changes of the limits need no walk through the queue.
/// All members run under the app's lock.
/// </summary>
internal sealed class WaitClock : IDisposable
{
    private static readonly TimeSpan LongestSleep = TimeSpan.FromHours(1);

    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private long _queueTimeout;
    private long _coldStartTimeout;
    private bool _ready;
    private long _readyChanged;
    private long _armedFor = long.MaxValue;

    public WaitClock(TimeProvider time, Action<object?> due, object state)
    {
        _time = time;
        _readyChanged = time.GetTimestamp();
        _timer = CreateTimer(time, due, state);
    }

    public long Now => _time.GetTimestamp();

    /// <summary>Which timeout is in force, as the refusal that it ends in.</summary>
    public Refusal Verdict => _ready ? Refusal.QueueTimeout : Refusal.ColdStartTimeout;

    /// <summary>False when the timeout in force lets nobody wait at all.</summary>
    public bool AllowsWaiting => (_ready ? _queueTimeout : _coldStartTimeout) > 0;

    public void Configure(AdmissionPolicy policy)
    {
        _queueTimeout = ToTicks(policy.QueueTimeout);
        _coldStartTimeout = ToTicks(policy.ColdStartTimeout);
    }

    public void SetReady(bool ready)
    {
        if (ready != _ready)
        {
            _ready = ready;
            _readyChanged = Now;
        }
    }

    public TimeSpan Waited(Waiter waiter) => _time.GetElapsedTime(waiter.Since);

    /// <summary>When it will have waited too long.</summary>
    public long Deadline(Waiter waiter)
    {
        long inForce = Math.Max(waiter.Since, _readyChanged) + (_ready ? _queueTimeout : _coldStartTimeout);
        return Math.Min(inForce, waiter.Since + _queueTimeout + _coldStartTimeout);
    }

    /// <summary>
    /// Makes sure that the timer fires for the oldest call. One that is set for an earlier time is left alone, even when nobody waits any
    /// more: it fires once and finds nothing to do, which is cheaper than to set it anew for every call that waits.
    /// </summary>
    public void Arm(Waiter? oldest)
    {
        if (oldest is null || Deadline(oldest) is var deadline && deadline >= _armedFor)
        {
            return;
        }

        _armedFor = deadline;
        TimeSpan wait = _time.GetElapsedTime(Now, deadline);
        double milliseconds = Math.Clamp(Math.Ceiling(wait.TotalMilliseconds), 1, LongestSleep.TotalMilliseconds);
        _timer.Change(TimeSpan.FromMilliseconds(milliseconds), Timeout.InfiniteTimeSpan);
    }

    /// <summary>The timer fired.</summary>
    public void Disarm() => _armedFor = long.MaxValue;

    public void Dispose() => _timer.Dispose();

    private static ITimer CreateTimer(TimeProvider time, Action<object?> due, object state)
    {
        // The timer outlives whoever deploys the app: it must not keep that request's context.
        using AsyncFlowControl? flow = ExecutionContext.IsFlowSuppressed() ? null : ExecutionContext.SuppressFlow();
        return time.CreateTimer(new TimerCallback(due), state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private long ToTicks(TimeSpan timeout)
    {
        double seconds = Math.Clamp(timeout.TotalSeconds, 0, TimeSpan.FromDays(365).TotalSeconds);
        return (long)(seconds * _time.TimestampFrequency);
    }
}
