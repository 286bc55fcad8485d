using InterCluster.Core.Runs;

namespace InterCluster.Core.Batches;

/// <summary>How many runs of a batch are in each state.</summary>
/// <param name="Scheduled">Waiting for their time.</param>
/// <param name="Queued">Ready.</param>
/// <param name="Running">Claimed.</param>
/// <param name="Succeeded">Ended well.</param>
/// <param name="Failed">Ended in an error that a retry would not mend.</param>
/// <param name="Cancelled">Cancelled.</param>
/// <param name="Dead">Attempts, crashes or age used up.</param>
public readonly record struct RunCounts(long Scheduled, long Queued, long Running, long Succeeded, long Failed, long Cancelled, long Dead)
{
    /// <summary>All runs.</summary>
    public long Total => Live + Succeeded + Failed + Cancelled + Dead;

    /// <summary>Those that have not ended.</summary>
    public long Live => Scheduled + Queued + Running;

    /// <summary>The count of one state.</summary>
    public long this[RunState state] => state switch
    {
        RunState.Scheduled => Scheduled,
        RunState.Queued => Queued,
        RunState.Running => Running,
        RunState.Succeeded => Succeeded,
        RunState.Failed => Failed,
        RunState.Cancelled => Cancelled,
        RunState.Dead => Dead,
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "Unknown state of a run."),
    };
}
