using InterCluster.Core.Naming;
using InterCluster.Core.Runs;

namespace InterCluster.Core.Schedules;

/// <summary>What is done about fire times that were missed: the server was down, or could not commit.</summary>
public enum MisfirePolicy : byte
{
    /// <summary>They are left out.</summary>
    Skip = 0,

    /// <summary>The last one is made up for.</summary>
    One = 1,

    /// <summary>All are, the oldest first, up to <see cref="Schedule.MisfireLimit"/>; older ones are left out.</summary>
    All = 2,
}

/// <summary>What is done about a fire time that comes while a run of the schedule has not ended.</summary>
public enum OverlapPolicy : byte
{
    /// <summary>Another run starts beside it.</summary>
    Allow = 0,

    /// <summary>The fire time is left out.</summary>
    Skip = 1,

    /// <summary>The run starts when the earlier ones have ended.</summary>
    Queue = 2,
}

/// <summary>A calendar of runs: when, and which call.</summary>
public sealed record Schedule
{
    /// <summary>The project.</summary>
    public required string Project { get; init; }

    /// <summary>Its name: unique in the project.</summary>
    public required string Name { get; init; }

    /// <summary>Five fields, or six with seconds before them.</summary>
    public required string Cron { get; init; }

    /// <summary>The IANA time zone that the fields are read in.</summary>
    public required string TimeZone { get; init; }

    /// <summary>The function that is called.</summary>
    public required FunctionId Function { get; init; }

    /// <summary>The call.</summary>
    public required RunRequest Request { get; init; }

    /// <summary>The lane of its runs.</summary>
    public RunPriority Priority { get; init; } = RunPriority.Normal;

    /// <summary>Attempts of each run at most.</summary>
    public int MaxAttempts { get; init; } = RetryPolicy.DefaultMaxAttempts;

    /// <summary>About fire times that were missed.</summary>
    public MisfirePolicy Misfire { get; init; } = MisfirePolicy.One;

    /// <summary>How many missed ones <see cref="MisfirePolicy.All"/> makes up for, and how many may wait with <see cref="OverlapPolicy.Queue"/>.</summary>
    public int MisfireLimit { get; init; } = 100;

    /// <summary>About fire times that meet a run which has not ended.</summary>
    public OverlapPolicy Overlap { get; init; } = OverlapPolicy.Allow;

    /// <summary>True: no fire time counts until it is resumed. What passed meanwhile is not made up for.</summary>
    public bool Paused { get; init; }

    /// <summary>When it was first put.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was last put, paused or resumed.</summary>
    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The key that put it last.</summary>
    public string? UpdatedBy { get; init; }

    /// <summary>Every fire time up to this one is settled: fired, left out, or before the schedule was in force.</summary>
    public DateTimeOffset FiredUntil { get; init; }
}

/// <summary>What became of a fire time.</summary>
public enum FireOutcome : byte
{
    /// <summary>A run was stored.</summary>
    Fired = 0,

    /// <summary>Left out: an earlier run had not ended, or too many fire times waited for it.</summary>
    SkippedOverlap = 1,

    /// <summary>Waits for earlier runs to end.</summary>
    Waiting = 2,
}

/// <summary>A fire time of a schedule, and what became of it.</summary>
/// <param name="FireTime">The moment of the calendar; for a run on demand, of the demand.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Manual">It was asked for, not due.</param>
/// <param name="At">When it was settled or began to wait.</param>
/// <param name="Run">The run.</param>
/// <param name="State">Where the run is now.</param>
public sealed record ScheduleFire(DateTimeOffset FireTime, FireOutcome Outcome, bool Manual, DateTimeOffset At, RunId? Run, RunState? State);
