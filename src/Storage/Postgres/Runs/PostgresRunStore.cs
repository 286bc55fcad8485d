using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Codecs;
using InterCluster.Storage.Postgres.Engine;

namespace InterCluster.Storage.Postgres.Runs;

/// <summary>The run store in PostgreSQL: prepares on the caller's thread, and hands over to the lane of each kind of change.</summary>
internal sealed class PostgresRunStore : IRunStore, IDisposable
{
    // From about here on, hashing takes longer than a caller on an I/O thread may.
    private const int LargeBody = 16 << 10;
    private const int GroupOperations = 4096;
    private const long GroupBytes = 16L << 20;

    private readonly PostgresDatabase _database;
    private readonly PgLane<SubmitWork> _submissions;
    private readonly PgLane<ClaimWork> _claims;
    private readonly PgLane<SettleWork> _settlements;
    private readonly PgLane<RenewWork> _renewals;

    public PostgresRunStore(PostgresDatabase database)
    {
        _database = database;
        int writers = database.Postgres.Writers;
        var limits = new PgLaneLimits(GroupOperations, GroupBytes, database.Storage.SubmitQueueLimit, database.Storage.SubmitQueueBytes, database.QueueTime);
        _submissions = database.Lane<SubmitWork>("submissions", writers, limits, new SubmitRuns(database.Storage.IdempotencyLifetime).Apply);
        _claims = database.Lane<ClaimWork>("claims", writers, limits, new ClaimRuns(database.Time).Apply);
        _settlements = database.Lane<SettleWork>("settlements", writers, limits, SettleRuns.Apply);
        _renewals = database.Lane<RenewWork>("renewals", 1, limits, RenewLeases.Apply);
    }

    public event Action<IReadOnlyList<RunId>>? Finished
    {
        add => _database.Events.Finished += value;
        remove => _database.Events.Finished -= value;
    }

    public event Action<RunId>? CancelRequested
    {
        add => _database.Events.CancelRequested += value;
        remove => _database.Events.CancelRequested -= value;
    }

    public ValueTask<SubmitResult> SubmitAsync(NewRun run, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(run);
        return run.IdempotencyKey is null ? Submit(run, hash: null, ct)
            : run.Request.Body.Length < LargeBody ? Submit(run, RequestHash.Of(run.Request), ct)
            : SubmitLargeAsync(run, ct);
    }

    public ValueTask<IReadOnlyList<ClaimedRun>> ClaimAsync(IReadOnlyList<RunId> ids, string worker, TimeSpan lease, CancellationToken ct) =>
        _claims.AddAsync(new ClaimTheseWork(ids, worker, lease, ct));

    public ValueTask<IReadOnlyList<ClaimedRun>> ClaimNextAsync(
        FunctionId function, int limit, string worker, TimeSpan lease, CancellationToken ct) =>
        _claims.AddAsync(new ClaimNextWork(function, limit, worker, lease, ct));

    public ValueTask<IReadOnlyList<bool>> SettleAsync(IReadOnlyList<Settlement> settlements, CancellationToken ct) =>
        _settlements.AddAsync(new SettleWork(settlements, _database.Time.GetUtcNow(), ct));

    public ValueTask<IReadOnlyList<bool>> RenewAsync(IReadOnlyList<LeaseRef> leases, TimeSpan lease, CancellationToken ct) =>
        _renewals.AddAsync(new RenewWork(leases, lease, ct));

    public ValueTask<SweepResult> SweepAsync(int maxCrashes, int limit, CancellationToken ct) =>
        _database.ChangeAsync(ProjectScope.Everything, s => SweepRuns.Apply(s, maxCrashes, limit), ct);

    public ValueTask<RunInfo?> GetAsync(string project, RunId id, CancellationToken ct) =>
        _database.ReadAsync(ProjectScope.Of(project), s => ReadRuns.Get(s, project, id), ct);

    public ValueTask<RunRequest?> GetRequestAsync(string project, RunId id, CancellationToken ct) =>
        _database.ReadAsync(ProjectScope.Of(project), s => ReadRuns.GetRequest(s, project, id), ct);

    public ValueTask<RunResponse?> GetResponseAsync(string project, RunId id, CancellationToken ct) =>
        _database.ReadAsync(ProjectScope.Of(project), s => ReadRuns.GetResponse(s, project, id), ct);

    public ValueTask<RunPage> ListAsync(RunFilter filter, RunId? before, int limit, CancellationToken ct) =>
        _database.ReadAsync(
            ProjectScope.Of(filter.Project), s => filter is { Batch: null, Tag: null } ? ListRuns.Read(s, filter, before, limit) : ListMarkedRuns.Read(s, filter, before, limit), ct);

    public ValueTask<IReadOnlyList<RunState?>> CancelAsync(string project, IReadOnlyList<RunId> ids, CancellationToken ct) =>
        _database.ChangeAsync(ProjectScope.Of(project), s => RunCommands.CancelAll(s, project, ids), ct);

    public ValueTask<IReadOnlyList<RunState?>> ReplayAsync(string project, IReadOnlyList<RunId> ids, CancellationToken ct) =>
        _database.ChangeAsync(ProjectScope.Of(project), s => RunCommands.ReplayAll(s, project, ids), ct);

    public async ValueTask<int> FailAppAsync(AppId app, CancellationToken ct)
    {
        int total = 0;
        int count;
        do
        {
            count = await _database.ChangeAsync(ProjectScope.Of(app.Project), s => RunCommands.FailSome(s, app), ct);
            total += count;
        }
        while (count == RunCommands.FailLimit);

        return total;
    }

    public ValueTask<IReadOnlyList<FunctionDepth>> DepthsAsync(CancellationToken ct) => _database.ReadAsync(ProjectScope.Everything, Depths.Read, ct);

    public void Dispose()
    {
        _submissions.Dispose();
        _claims.Dispose();
        _renewals.Dispose();
        _settlements.Dispose();
    }

    private async ValueTask<SubmitResult> SubmitLargeAsync(NewRun run, CancellationToken ct) =>
        await Submit(run, await Task.Run(() => RequestHash.Of(run.Request), ct), ct);

    private ValueTask<SubmitResult> Submit(NewRun run, byte[]? hash, CancellationToken ct) =>
        _submissions.AddAsync(new SubmitWork(new Submission(run, HeaderCodec.Encode(run.Request.Headers), hash), ct));
}
