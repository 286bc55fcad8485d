namespace InterCluster.Core.Runs;

/// <summary>Where a run is. See docs/state-machine.md.</summary>
public enum RunState : byte
{
    /// <summary>Waits for its time: a delay that was asked for, or a retry's back-off.</summary>
    Scheduled = 0,

    /// <summary>Ready; waits for a worker.</summary>
    Queued = 1,

    /// <summary>Claimed by a worker under a lease.</summary>
    Running = 2,

    /// <summary>The function answered below 400. Terminal.</summary>
    Succeeded = 3,

    /// <summary>The function answered with an error that a retry would not mend, or the app went away. Terminal; can be replayed.</summary>
    Failed = 4,

    /// <summary>Cancelled by a caller. Terminal.</summary>
    Cancelled = 5,

    /// <summary>Attempts, workers or age used up. Terminal; can be replayed.</summary>
    Dead = 6,
}

/// <summary>The lane of a run: see <see cref="PriorityLanes"/>.</summary>
public enum RunPriority : byte
{
    /// <summary>Before those of the lanes below.</summary>
    High = 0,

    /// <summary>The default.</summary>
    Normal = 1,

    /// <summary>After those of the lanes above, but not for ever.</summary>
    Low = 2,
}
