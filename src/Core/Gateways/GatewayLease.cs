namespace InterCluster.Core.Gateways;

/// <summary>
/// Whether this process may give out slots, by its own monotonic clock: as long as nobody else can have taken its place in the database. Asked at every
/// grant: one timestamp and one comparison. The rest is told by the one loop that renews (docs/decisions/0011).
/// </summary>
/// <param name="terms">The times.</param>
/// <param name="time">The clock; its timestamps go on while the process is stopped.</param>
public sealed class GatewayLease(LeaseTerms terms, TimeProvider time)
{
    private const long None = long.MinValue;

    private readonly long _counts = Ticks(terms.Lease - terms.Margin, time);
    private readonly long _gap = Ticks(terms.Gap, time);
    private readonly long _longestPause = Ticks(terms.RenewEvery, time);
    private long _until = None;

    // When the database said for the first and for the last time, without a break, that it serves nobody.
    private long _refusedSince = None;
    private long _refusedAt = None;

    /// <summary>The times.</summary>
    public LeaseTerms Terms => terms;

    /// <summary>True while slots may be given out.</summary>
    public bool IsHeld => time.GetTimestamp() < Volatile.Read(ref _until);

    /// <summary>For how long it has been over; null while it is held, and when there is none.</summary>
    public TimeSpan? OverFor
    {
        get
        {
            long until = Volatile.Read(ref _until);
            long now = time.GetTimestamp();
            return until == None || now < until ? null : time.GetElapsedTime(until, now);
        }
    }

    /// <summary>A renewal was confirmed.</summary>
    /// <param name="sentAt">The timestamp before it was sent: the database counts from later on.</param>
    public void Renewed(long sentAt)
    {
        Unanswered();
        Extend(sentAt);
    }

    /// <summary>
    /// The database said itself that it serves nobody. When it has done so without a break for longer than <see cref="LeaseTerms.Gap"/>, nobody else has renewed
    /// either, and from its return on everybody has a whole lease to come back: hearing it is then as good as a renewal.
    /// </summary>
    /// <param name="sentAt">The timestamp before it was asked.</param>
    public void Refused(long sentAt)
    {
        if (_refusedSince == None || sentAt - _refusedAt > _longestPause)
        {
            _refusedSince = sentAt;
        }

        _refusedAt = sentAt;
        if (sentAt - _refusedSince > _gap && _until != None)
        {
            Extend(sentAt);
        }
    }

    /// <summary>No answer: the database may be serving everybody else.</summary>
    public void Unanswered() => _refusedSince = _refusedAt = None;

    /// <summary>The lease is over; another begins with the next renewal.</summary>
    public void End()
    {
        Unanswered();
        Volatile.Write(ref _until, None);
    }

    private static long Ticks(TimeSpan span, TimeProvider time) => (long)(span.TotalSeconds * time.TimestampFrequency);

    private void Extend(long from) => Volatile.Write(ref _until, Math.Max(_until, from + _counts));
}
