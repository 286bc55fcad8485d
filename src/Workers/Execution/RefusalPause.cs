namespace InterCluster.Workers.Execution;

/// <summary>
/// Holds back claims after the app's admission refused a run, longer each time it goes on: without it a backlog would be claimed and given back in a
/// circle while the app cannot serve.
/// </summary>
internal sealed class RefusalPause(TimeProvider time)
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(15);

    private readonly Lock _lock = new();
    private TimeSpan _length;
    private long? _since;

    /// <summary>How long it lasts yet; zero or less without a pause.</summary>
    public TimeSpan Left
    {
        get
        {
            lock (_lock)
            {
                return Left_NeedsLock();
            }
        }
    }

    /// <summary>A run was refused. Refusals during a pause, of runs claimed before it, do not lengthen it.</summary>
    public void Refused()
    {
        lock (_lock)
        {
            if (Left_NeedsLock() <= TimeSpan.Zero)
            {
                TimeSpan next = _length * 2;
                _length = next < Shortest ? Shortest : next > Longest ? Longest : next;
                _since = time.GetTimestamp();
            }
        }
    }

    /// <summary>A run was served: no pause, and the next begins short.</summary>
    public void Served()
    {
        lock (_lock)
        {
            _length = TimeSpan.Zero;
            _since = null;
        }
    }

    private TimeSpan Left_NeedsLock() => _since is { } since ? _length - time.GetElapsedTime(since) : TimeSpan.Zero;
}
