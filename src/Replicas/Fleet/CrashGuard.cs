namespace InterCluster.Replicas.Fleet;

/// <summary>
/// How many replicas of a revision may be started, after what became of the earlier ones. A revision of which none has been ready yet gets no
/// more starts than the limit in all; each crash makes the next start wait longer; too many in a row end the starts.
/// </summary>
internal sealed class CrashGuard(int limit, TimeSpan first, TimeSpan max, TimeSpan stableAfter)
{
    private bool _proven;
    private DateTimeOffset _lastCrash = DateTimeOffset.MinValue;

    /// <summary>Crashes with no replica that stayed up in between.</summary>
    public int Crashes { get; private set; }

    /// <summary>No start before this time.</summary>
    public DateTimeOffset NotBefore { get; private set; } = DateTimeOffset.MinValue;

    /// <summary>True when starts were given up.</summary>
    public bool IsLooping => Crashes >= limit;

    /// <summary>A replica has become ready: the revision can be run.</summary>
    public void Ready() => _proven = true;

    /// <summary>A live replica that has been ready since <paramref name="readyAt"/>: when that is long enough, earlier crashes are forgotten.</summary>
    public void Seen(DateTimeOffset readyAt, DateTimeOffset now)
    {
        if (!IsLooping && readyAt > _lastCrash && now - readyAt >= stableAfter)
        {
            Crashes = 0;
        }
    }

    /// <summary>A replica has crashed.</summary>
    public void Crashed(DateTimeOffset? readyAt, DateTimeOffset now)
    {
        // An earlier replica that stayed up long and then ended is a first crash.
        Crashes = readyAt is { } ready && now - ready >= stableAfter && !IsLooping ? 1 : Crashes + 1;
        _lastCrash = now;
        NotBefore = now + Backoff(Crashes);
    }

    /// <summary>So many may be started now, with <paramref name="starting"/> not ready yet.</summary>
    public int Budget(int starting, DateTimeOffset now) =>
        IsLooping || now < NotBefore ? 0 : _proven && Crashes == 0 ? int.MaxValue : Math.Max(0, limit - Crashes - starting);

    private TimeSpan Backoff(int crashes)
    {
        double factor = Math.Pow(2, Math.Min(crashes - 1, 30));
        return TimeSpan.FromTicks((long)Math.Min(max.Ticks, first.Ticks * factor));
    }
}
