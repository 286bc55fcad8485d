using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Codecs;
using InterCluster.Storage.GroupCommit;
using InterCluster.Storage.Sqlite.Engine;

namespace InterCluster.Storage.Sqlite.Runs;

/// <summary>The run store in the data file: prepares on the caller's thread, changes on the writer's, reads on the readers'.</summary>
internal sealed class SqliteRunStore(SqliteDatabase database) : IRunStore
{
    // From about here on, hashing takes longer than a caller on an I/O thread may.
    private const int LargeBody = 16 << 10;

    private readonly long _idempotencyLifetime = Micros.From(database.Options.IdempotencyLifetime);

    public event Action<IReadOnlyList<RunId>>? Finished
    {
        add => database.Events.Finished += value;
        remove => database.Events.Finished -= value;
    }

    public event Action<RunId>? CancelRequested
    {
        add => database.Events.CancelRequested += value;
        remove => database.Events.CancelRequested -= value;
    }

    public ValueTask<SubmitResult> SubmitAsync(NewRun run, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(run);
        return run.IdempotencyKey is null ? Submit(run, hash: null, ct)
            : run.Request.Body.Length < LargeBody ? Submit(run, RequestHash.Of(run.Request), ct)
            : SubmitLargeAsync(run, ct);
    }

    public ValueTask<IReadOnlyList<ClaimedRun>> ClaimAsync(IReadOnlyList<RunId> ids, string worker, TimeSpan lease, CancellationToken ct) =>
        ClaimAsync(s => ClaimRuns.Apply(s, ids, worker, lease), ids.Count, ct);

    public ValueTask<IReadOnlyList<ClaimedRun>> ClaimNextAsync(
        FunctionId function, int limit, string worker, TimeSpan lease, CancellationToken ct) =>
        ClaimAsync(s => ClaimRuns.Next(s, function, limit, worker, lease), limit, ct);

    public ValueTask<IReadOnlyList<bool>> SettleAsync(IReadOnlyList<Settlement> settlements, CancellationToken ct) => database.WriteAsync(
        s => SettleRuns.Apply(s, settlements), new WorkCost(settlements.Count, settlements.Sum(s => (long?)s.Response?.Body.Length ?? 0)), ct);

    public ValueTask<IReadOnlyList<bool>> RenewAsync(IReadOnlyList<LeaseRef> leases, TimeSpan lease, CancellationToken ct) =>
        database.WriteAsync(s => RenewLeases.Apply(s, leases, lease), new WorkCost(leases.Count), ct);

    public ValueTask<SweepResult> SweepAsync(int maxCrashes, int limit, CancellationToken ct) =>
        database.WriteAsync(s => SweepRuns.Apply(s, maxCrashes, limit), ct);

    public ValueTask<RunInfo?> GetAsync(string project, RunId id, CancellationToken ct) =>
        database.ReadAsync(s => ReadRun.Get(s, project, id), ct);

    public ValueTask<RunRequest?> GetRequestAsync(string project, RunId id, CancellationToken ct) =>
        database.ReadAsync(s => ReadRun.GetRequest(s, project, id), ct);

    public ValueTask<RunResponse?> GetResponseAsync(string project, RunId id, CancellationToken ct) =>
        database.ReadAsync(s => ReadRun.GetResponse(s, project, id), ct);

    public ValueTask<RunPage> ListAsync(RunFilter filter, RunId? before, int limit, CancellationToken ct) =>
        database.ReadAsync(s => ListRuns.Read(s, filter, before, limit), ct);

    public ValueTask<IReadOnlyList<RunState?>> CancelAsync(string project, IReadOnlyList<RunId> ids, CancellationToken ct) =>
        ForEachAsync(ids, (s, id) => CancelRun.Apply(s, project, id), ct);

    public ValueTask<IReadOnlyList<RunState?>> ReplayAsync(string project, IReadOnlyList<RunId> ids, CancellationToken ct) =>
        ForEachAsync(ids, (s, id) => ReplayRun.Apply(s, project, id), ct);

    public async ValueTask<int> FailAppAsync(AppId app, CancellationToken ct)
    {
        int total = 0;
        int count;
        do
        {
            count = await database.WriteAsync(s => FailApp.Apply(s, app), new WorkCost(FailApp.Limit), ct);
            total += count;
        }
        while (count == FailApp.Limit);

        return total;
    }

    public ValueTask<IReadOnlyList<FunctionDepth>> DepthsAsync(CancellationToken ct) =>
        ValueTask.FromResult<IReadOnlyList<FunctionDepth>>([.. database.Depths.Read().Select(c => c.Depth)]);

    private ValueTask<IReadOnlyList<RunState?>> ForEachAsync(
        IReadOnlyList<RunId> ids, Func<WriteSession, RunId, RunState?> change, CancellationToken ct) =>
        database.WriteAsync<IReadOnlyList<RunState?>>(
            s =>
            {
                var before = new RunState?[ids.Count];
                for (int i = 0; i < before.Length; i++)
                {
                    before[i] = change(s, ids[i]);
                }

                return before;
            },
            new WorkCost(ids.Count),
            ct);

    // Once claimed, the requests are read even for a caller that has gone: nobody else would answer for these leases.
    private async ValueTask<IReadOnlyList<ClaimedRun>> ClaimAsync(Func<WriteSession, List<Claim>> claim, int most, CancellationToken ct)
    {
        List<Claim> claims = await database.WriteAsync(claim, new WorkCost(most), ct);
        return claims.Count == 0 ? [] : await database.ReadAsync(s => ClaimRuns.WithRequests(s, claims), CancellationToken.None);
    }

    private async ValueTask<SubmitResult> SubmitLargeAsync(NewRun run, CancellationToken ct) =>
        await Submit(run, await Task.Run(() => RequestHash.Of(run.Request), ct), ct);

    private ValueTask<SubmitResult> Submit(NewRun run, byte[]? hash, CancellationToken ct)
    {
        byte[] headers = HeaderCodec.Encode(run.Request.Headers);
        var submit = new SubmitRun(run, headers, hash, _idempotencyLifetime);
        return database.WriteAsync(submit.Apply, new WorkCost(1, run.Request.Body.Length + headers.Length, IsNew: true), ct);
    }
}
