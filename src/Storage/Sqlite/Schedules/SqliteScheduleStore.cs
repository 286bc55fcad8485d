using InterCluster.Core.Apps;
using InterCluster.Core.Naming;
using InterCluster.Core.Schedules;
using InterCluster.Storage.Codecs;
using InterCluster.Storage.GroupCommit;
using InterCluster.Storage.Sqlite.Engine;

namespace InterCluster.Storage.Sqlite.Schedules;

/// <summary>Schedules in the data file.</summary>
internal sealed class SqliteScheduleStore(SqliteDatabase database) : IScheduleStore
{
    public ValueTask<bool> PutAsync(Schedule schedule, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        byte[] headers = HeaderCodec.Encode(schedule.Request.Headers);
        return database.WriteAsync(
            s => ChangeSchedules.Put(s, schedule, headers), new WorkCost(1, schedule.Request.Body.Length + headers.Length, IsNew: true), ct);
    }

    public ValueTask<Schedule?> GetAsync(string project, string name, CancellationToken ct) =>
        database.ReadAsync(s => ScheduleRows.Find(s, project, name)?.Schedule, ct);

    public ValueTask<IReadOnlyList<Schedule>> ListAsync(string? project, CancellationToken ct) =>
        database.ReadAsync(s => ScheduleRows.List(s, project), ct);

    public ValueTask<bool> DeleteAsync(string project, string name, CancellationToken ct) =>
        database.WriteAsync(s => ChangeSchedules.Delete(s, project, name), ct);

    public ValueTask<Schedule?> SetPausedAsync(string project, string name, bool paused, string? by, CancellationToken ct) =>
        database.WriteAsync(s => ChangeSchedules.SetPaused(s, project, name, paused, by), ct);

    public ValueTask<FireResult> FireAsync(FireRequest request, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(request);
        return database.WriteAsync(s => FireSchedules.Fire(s, request), new WorkCost(Math.Max(1, request.Times.Count)), ct);
    }

    public ValueTask<IReadOnlyList<StartedRun>> StartWaitingAsync(int limit, Func<FunctionId, RunPolicy> policy, CancellationToken ct) =>
        database.WriteAsync(s => FireSchedules.StartWaiting(s, limit, policy), new WorkCost(limit), ct);

    public ValueTask<ScheduleStamp> StampAsync(CancellationToken ct) => database.ReadAsync(ScheduleRows.Stamp, ct);

    public ValueTask<IReadOnlyList<ScheduleFire>?> HistoryAsync(string project, string name, int limit, CancellationToken ct) =>
        database.ReadAsync(s => ScheduleRows.History(s, project, name, limit), ct);

    public ValueTask<int> PurgeAsync(DateTimeOffset before, int limit, CancellationToken ct) =>
        database.WriteAsync(s => ChangeSchedules.Purge(s, Micros.From(before), limit), ct);
}
