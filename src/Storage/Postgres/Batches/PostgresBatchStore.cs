using InterCluster.Core.Batches;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Codecs;
using InterCluster.Storage.GroupCommit;
using InterCluster.Storage.Postgres.Engine;
using InterCluster.Storage.Postgres.Runs;

namespace InterCluster.Storage.Postgres.Batches;

/// <summary>The batch store in the database. A slice is a group by itself, and has a lane of its own: it takes as long as thousands of submissions do.</summary>
internal sealed class PostgresBatchStore : IBatchStore, IDisposable
{
    private readonly PostgresDatabase _database;
    private readonly SubmitRuns _submit;
    private readonly PgLane<AppendWork> _slices;

    public PostgresBatchStore(PostgresDatabase database)
    {
        _database = database;
        _submit = new SubmitRuns(database.Storage.IdempotencyLifetime);
        var limits = new PgLaneLimits(1, 0, database.Storage.SubmitQueueLimit, database.Storage.SubmitQueueBytes, database.QueueTime);
        _slices = database.Lane<AppendWork>("slices", database.Postgres.Writers, limits, (session, group) => group[0].Apply(session, _submit));
    }

    public ValueTask<BatchInfo> OpenAsync(NewBatch batch, CancellationToken ct) =>
        _database.ChangeAsync(ProjectScope.Of(batch.Function.App.Project), s => BatchCommands.Open(s, batch, _database.Storage.IdempotencyLifetime), ct);

    public ValueTask<IReadOnlyList<SubmitOutcome>?> AppendAsync(BatchSlice slice, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(slice);
        List<Submission> runs = Prepare(slice);
        return _slices.AddAsync(new AppendWork(slice, runs, runs.Sum(r => (long)r.Run.Request.Body.Length + r.Headers.Length), ct));
    }

    public ValueTask<BatchInfo?> GetAsync(string project, BatchId id, CancellationToken ct) =>
        _database.ReadAsync(ProjectScope.Of(project), s => BatchRows.Get(s, project, id), ct);

    public ValueTask<BatchPage> ListAsync(string project, BatchId? before, int limit, CancellationToken ct) =>
        _database.ReadAsync(ProjectScope.Of(project), s => BatchRows.List(s, project, before, limit), ct);

    public ValueTask<IReadOnlyList<BatchResult>> ReadResultsAsync(
        string project, BatchId id, long afterLine, int limit, long maxBytes, CancellationToken ct) =>
        _database.ReadAsync(ProjectScope.Of(project), s => BatchRows.Results(s, project, id, afterLine, limit, maxBytes), ct);

    public ValueTask<BatchInfo?> CancelAsync(string project, BatchId id, CancellationToken ct) =>
        _database.ChangeAsync(ProjectScope.Of(project), s => BatchCommands.Cancel(s, project, id), ct);

    public void Dispose() => _slices.Dispose();

    // The lines of a batch mostly share their headers: one list, encoded once.
    private static List<Submission> Prepare(BatchSlice slice)
    {
        var runs = new List<Submission>(slice.Runs.Count);
        foreach (NewRun run in slice.Runs)
        {
            byte[] headers = runs.Count > 0 && ReferenceEquals(run.Request.Headers, runs[^1].Run.Request.Headers)
                ? runs[^1].Headers : HeaderCodec.Encode(run.Request.Headers);
            runs.Add(new Submission(run, headers, run.IdempotencyKey is null ? null : RequestHash.Of(run.Request), slice.Batch));
        }

        return runs;
    }

    private sealed class AppendWork(BatchSlice slice, List<Submission> runs, long bytes, CancellationToken ct)
        : PgWork<IReadOnlyList<SubmitOutcome>?>(new WorkCost(runs.Count + 1, bytes, IsNew: true), ct)
    {
        public void Apply(PgSession session, SubmitRuns submit) => Result = BatchCommands.Append(session, slice, runs, submit);
    }
}
