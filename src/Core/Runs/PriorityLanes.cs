namespace InterCluster.Core.Runs;

/// <summary>
/// The order in which the ready runs of a function are taken: by the time since which they are ready plus <see cref="LaneHead"/> for each lane below
/// <see cref="RunPriority.High"/>, then by the order of arrival. So a run lets those of the next lane up go first that became ready within five minutes
/// after it, and no others: every lane moves, however full the ones above are.
/// </summary>
public static class PriorityLanes
{
    /// <summary>The head start of a lane over the next one down.</summary>
    public static readonly TimeSpan LaneHead = TimeSpan.FromMinutes(5);

    /// <summary>The key of the order: the smaller goes first.</summary>
    public static DateTimeOffset Rank(RunPriority priority, DateTimeOffset readyAt) => readyAt + (LaneHead * (int)priority);
}
