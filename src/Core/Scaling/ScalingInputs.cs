namespace InterCluster.Core.Scaling;

/// <summary>What a scaling decision is made from: one consistent reading.</summary>
/// <param name="Now">The time of the reading.</param>
/// <param name="Desired">The desired count in force.</param>
/// <param name="InFlight">Slots held.</param>
/// <param name="Waiting">Calls in the queue, both classes.</param>
/// <param name="ReadyRuns">Async runs that are queued and not claimed; null when not known (then nothing is scaled down).</param>
/// <param name="LastBusy">The last time at which the app needed as many replicas as now desired; kept by the caller, moved by <see cref="ScalingDecision.LastBusy"/>.</param>
/// <param name="Measured">The policy's metric where it is a measured one, summed over the replicas and averaged over the window; null when not known.</param>
/// <param name="HeldBack">Ready runs that count for nothing now: <see cref="RunDemand.HeldBack"/>.</param>
/// <param name="AtLeast">Calls that the ready runs keep going: <see cref="RunDemand.AtLeast"/>.</param>
public readonly record struct ScalingInputs(
    DateTimeOffset Now, int Desired, int InFlight, int Waiting, long? ReadyRuns, DateTimeOffset LastBusy, double? Measured = null,
    long HeldBack = 0, long AtLeast = 0);

/// <summary>A decision.</summary>
/// <param name="Desired">How many replicas there shall be.</param>
/// <param name="Reason">Why, for people.</param>
/// <param name="LastBusy">To be handed in with the next reading.</param>
/// <param name="ReviewAt">When to decide again though nothing changed (the end of a cooldown); null: only on a change.</param>
public readonly record struct ScalingDecision(int Desired, string Reason, DateTimeOffset LastBusy, DateTimeOffset? ReviewAt);
