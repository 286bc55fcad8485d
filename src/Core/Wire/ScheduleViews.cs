using System.Text.Json;
using InterCluster.Core.Runs;
using InterCluster.Core.Schedules;

namespace InterCluster.Core.Wire;

/// <summary>The body of <c>PUT schedules/{name}</c>: the schedule as a whole; what is left out has its default.</summary>
public sealed record PutScheduleRequest
{
    /// <summary>Five fields (minute, hour, day, month, weekday), or six with the second before them.</summary>
    public required string Cron { get; init; }

    /// <summary>The IANA time zone that it is read in.</summary>
    public string TimeZone { get; init; } = "UTC";

    /// <summary>The app.</summary>
    public required string App { get; init; }

    /// <summary>The function; the app's root when left out.</summary>
    public string Function { get; init; } = "/";

    /// <summary>The call, with the fields of a batch's line.</summary>
    public JsonElement? Call { get; init; }

    /// <summary>About fire times that were missed.</summary>
    public MisfirePolicy Misfire { get; init; } = MisfirePolicy.One;

    /// <summary>How many missed ones <c>all</c> makes up for, and how many may wait with <c>queue</c>.</summary>
    public int MisfireLimit { get; init; } = 100;

    /// <summary>About fire times that meet a run which has not ended.</summary>
    public OverlapPolicy Overlap { get; init; } = OverlapPolicy.Allow;

    /// <summary>True: nothing fires until it is resumed.</summary>
    public bool Paused { get; init; }
}

/// <summary>The call that a schedule makes, with the fields of a batch's line.</summary>
public sealed record ScheduleCallView
{
#pragma warning disable CS1591 // The fields are those of a batch's line.
    public required string Method { get; init; }
    public string? Path { get; init; }
    public string? Query { get; init; }
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? Headers { get; init; }
    public string? BodyText { get; init; }
    public string? BodyBase64 { get; init; }
    public RunPriority Priority { get; init; }
    public int MaxAttempts { get; init; }
#pragma warning restore CS1591
}

/// <summary>A schedule, as the API shows it.</summary>
public sealed record ScheduleView
{
#pragma warning disable CS1591 // The fields are those of Schedule, by their wire names.
    public required string Name { get; init; }
    public required string Cron { get; init; }
    public required string TimeZone { get; init; }
    public required string App { get; init; }
    public required string Function { get; init; }
    public required ScheduleCallView Call { get; init; }
    public MisfirePolicy Misfire { get; init; }
    public int MisfireLimit { get; init; }
    public OverlapPolicy Overlap { get; init; }
    public bool Paused { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset UpdatedAt { get; init; }
    public string? UpdatedBy { get; init; }
#pragma warning restore CS1591

    /// <summary>When it fires next; absent while it is paused.</summary>
    public DateTimeOffset? NextFireTime { get; init; }
}

/// <summary>The schedules of a project.</summary>
/// <param name="Schedules">By name.</param>
public sealed record ScheduleListView(IReadOnlyList<ScheduleView> Schedules);

/// <summary>A fire time, and what became of it.</summary>
/// <param name="FireTime">The moment of the calendar; for a run on demand, of the demand.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Manual">It was asked for, not due.</param>
/// <param name="At">When it was settled or began to wait.</param>
/// <param name="RunId">The run.</param>
/// <param name="RunState">Where the run is now; absent when it has been removed.</param>
public sealed record ScheduleFireView(DateTimeOffset FireTime, FireOutcome Outcome, bool Manual, DateTimeOffset At, string? RunId, RunState? RunState)
{
    /// <summary>The view of a fire time.</summary>
    public static ScheduleFireView From(ScheduleFire fire)
    {
        ArgumentNullException.ThrowIfNull(fire);
        return new(fire.FireTime, fire.Outcome, fire.Manual, fire.At, fire.Run?.ToString(), fire.State);
    }
}

/// <summary>The fire times of a schedule.</summary>
/// <param name="Fires">Newest first.</param>
public sealed record ScheduleHistoryView(IReadOnlyList<ScheduleFireView> Fires);
