using InterCluster.Core.Apps;
using InterCluster.Core.Naming;

namespace InterCluster.Core.Schedules;

/// <summary>
/// The durable record of schedules and of their fire times. A fire time and its run are one transaction under a unique key, so there is one run for
/// each, whoever ticks, however often, and whatever crashes. Fails with <see cref="StoreUnavailableException"/> when the store cannot commit.
/// </summary>
public interface IScheduleStore
{
    /// <summary>
    /// Puts a schedule. One that is there keeps its <see cref="Schedule.CreatedAt"/>, its history and, while calendar and time zone stay the same and it is
    /// not being resumed, its <see cref="Schedule.FiredUntil"/>; else it is in force from now on. True: it is new.
    /// </summary>
    ValueTask<bool> PutAsync(Schedule schedule, CancellationToken ct);

    /// <summary>The schedule; null when the project has none of this name.</summary>
    ValueTask<Schedule?> GetAsync(string project, string name, CancellationToken ct);

    /// <summary>The schedules of a project, or (null) of all, by project and name.</summary>
    ValueTask<IReadOnlyList<Schedule>> ListAsync(string? project, CancellationToken ct);

    /// <summary>Removes a schedule with its history; its runs stay. False: there was none.</summary>
    ValueTask<bool> DeleteAsync(string project, string name, CancellationToken ct);

    /// <summary>Pauses or resumes; a resumed one is in force from now on. The schedule as it is then, or null.</summary>
    ValueTask<Schedule?> SetPausedAsync(string project, string name, bool paused, string? by, CancellationToken ct);

    /// <summary>
    /// Settles fire times, in one transaction: each gets its row and, by the schedule's overlap policy, its run. A fire time that has a row already,
    /// and everything when the schedule is gone or paused, changes nothing. Then <see cref="Schedule.FiredUntil"/> is moved on to
    /// <see cref="FireRequest.Until"/>.
    /// </summary>
    ValueTask<FireResult> FireAsync(FireRequest request, CancellationToken ct);

    /// <summary>Starts runs of fire times that waited for earlier runs to end, as far as those have ended.</summary>
    /// <param name="limit">Schedules at most.</param>
    /// <param name="policy">The policy in force for a function.</param>
    /// <param name="ct">Cancels the wait.</param>
    ValueTask<IReadOnlyList<StartedRun>> StartWaitingAsync(int limit, Func<FunctionId, RunPolicy> policy, CancellationToken ct);

    /// <summary>Another value whenever a schedule was put, paused, resumed or removed. Read again and again: its cost must be small.</summary>
    ValueTask<ScheduleStamp> StampAsync(CancellationToken ct);

    /// <summary>A schedule's fire times, newest first; null when there is no such schedule.</summary>
    ValueTask<IReadOnlyList<ScheduleFire>?> HistoryAsync(string project, string name, int limit, CancellationToken ct);

    /// <summary>Forgets fire times before <paramref name="before"/> that do not wait, at most <paramref name="limit"/>; how many.</summary>
    ValueTask<int> PurgeAsync(DateTimeOffset before, int limit, CancellationToken ct);
}

/// <summary>Fire times to be settled.</summary>
/// <param name="Project">The project.</param>
/// <param name="Name">The schedule.</param>
/// <param name="Times">The fire times, oldest first.</param>
/// <param name="Until">Everything up to here is settled with it; null for a run on demand, which moves nothing.</param>
/// <param name="Manual">A run on demand: also of a paused schedule.</param>
public sealed record FireRequest(string Project, string Name, IReadOnlyList<DateTimeOffset> Times, DateTimeOffset? Until, bool Manual = false)
{
    /// <summary>What the runs keep of their function's policy: back-off and maximum age.</summary>
    public RunPolicy Policy { get; init; } = new();
}

/// <summary>What tells whether the schedules have changed.</summary>
/// <param name="Count">How many there are.</param>
/// <param name="LastChange">When one was put, paused or resumed last.</param>
/// <param name="AnyWaiting">Fire times wait for earlier runs to end.</param>
public readonly record struct ScheduleStamp(long Count, DateTimeOffset? LastChange, bool AnyWaiting);

/// <summary>What firing came to.</summary>
/// <param name="Fires">The fire times that were settled by this call; those that had been before are left out.</param>
/// <param name="Started">The runs that were stored: to be announced.</param>
public sealed record FireResult(IReadOnlyList<ScheduleFire> Fires, IReadOnlyList<StartedRun> Started);

/// <summary>A run that a schedule started.</summary>
/// <param name="Function">Its function.</param>
/// <param name="Id">The run.</param>
public readonly record struct StartedRun(FunctionId Function, RunId Id);
