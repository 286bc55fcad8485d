namespace InterCluster.Replicas.Fleet;

/// <summary>
/// How a new revision gets its traffic: a fifth once it can carry it all, and a fifth more after every quarter of the time. It begins anew when the revision
/// cannot carry the traffic any more. Under the supervisor's lock.
/// </summary>
internal sealed class RollOut(TimeSpan duration)
{
    private const int Steps = 5;
    private DateTimeOffset? _began;

    /// <summary>False when the revision takes over at once.</summary>
    public bool IsInSteps => duration > TimeSpan.Zero;

    /// <summary>Tells whether the revision has the replicas for all of the traffic.</summary>
    public void Observe(bool isReady, DateTimeOffset now) => _began = isReady ? _began ?? now : null;

    /// <summary>The share of the calls that is the new revision's.</summary>
    public double Share(DateTimeOffset now) => (double)Step(now) / Steps;

    /// <summary>True when all of the calls are.</summary>
    public bool IsOver(DateTimeOffset now) => !IsInSteps || Step(now) == Steps;

    /// <summary>When the next step is due; null when none is.</summary>
    public DateTimeOffset? Next(DateTimeOffset now) => _began is { } began && Step(now) is var step and < Steps ? began + (duration * step / (Steps - 1)) : null;

    private int Step(DateTimeOffset now) =>
        _began is not { } began ? 0 : Math.Min(Steps, 1 + (int)((now - began) * (Steps - 1) / duration));
}
