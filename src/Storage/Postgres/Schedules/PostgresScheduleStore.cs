using InterCluster.Core.Apps;
using InterCluster.Core.Naming;
using InterCluster.Core.Schedules;
using InterCluster.Storage.Codecs;
using InterCluster.Storage.Postgres.Engine;
using InterCluster.Storage.Postgres.Runs;

namespace InterCluster.Storage.Postgres.Schedules;

/// <summary>Schedules in the database.</summary>
internal sealed class PostgresScheduleStore(PostgresDatabase database) : IScheduleStore
{
    private readonly FireSchedules _fires = new(new SubmitRuns(database.Storage.IdempotencyLifetime));

    public ValueTask<bool> PutAsync(Schedule schedule, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        byte[] headers = HeaderCodec.Encode(schedule.Request.Headers);
        return database.ChangeAsync(ProjectScope.Of(schedule.Project), s => ChangeSchedules.Put(s, schedule, headers), ct);
    }

    public ValueTask<Schedule?> GetAsync(string project, string name, CancellationToken ct) =>
        database.ReadAsync(ProjectScope.Of(project), s => ScheduleRows.Find(s, project, name)?.Schedule, ct);

    public ValueTask<IReadOnlyList<Schedule>> ListAsync(string? project, CancellationToken ct) =>
        database.ReadAsync(ProjectScope.OfOneOrAll(project), s => ScheduleRows.List(s, project), ct);

    public ValueTask<bool> DeleteAsync(string project, string name, CancellationToken ct) =>
        database.ChangeAsync(ProjectScope.Of(project), s => ChangeSchedules.Delete(s, project, name), ct);

    public ValueTask<Schedule?> SetPausedAsync(string project, string name, bool paused, string? by, CancellationToken ct) =>
        database.ChangeAsync(ProjectScope.Of(project), s => ChangeSchedules.SetPaused(s, project, name, paused, by), ct);

    public ValueTask<FireResult> FireAsync(FireRequest request, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(request);
        return database.ChangeAsync(ProjectScope.Of(request.Project), s => _fires.Fire(s, request), ct);
    }

    public ValueTask<IReadOnlyList<StartedRun>> StartWaitingAsync(int limit, Func<FunctionId, RunPolicy> policy, CancellationToken ct) =>
        database.ChangeAsync(ProjectScope.Everything, s => _fires.StartWaiting(s, limit, policy), ct);

    public ValueTask<ScheduleStamp> StampAsync(CancellationToken ct) => database.ReadAsync(ProjectScope.Everything, ScheduleRows.Stamp, ct);

    public ValueTask<IReadOnlyList<ScheduleFire>?> HistoryAsync(string project, string name, int limit, CancellationToken ct) =>
        database.ReadAsync(ProjectScope.Of(project), s => ScheduleRows.History(s, project, name, limit), ct);

    public ValueTask<int> PurgeAsync(DateTimeOffset before, int limit, CancellationToken ct) =>
        database.ChangeAsync(ProjectScope.Everything, s => ChangeSchedules.Purge(s, before, limit), ct);
}
