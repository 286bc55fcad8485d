using InterCluster.Core.Batches;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Codecs;
using InterCluster.Storage.GroupCommit;
using InterCluster.Storage.Sqlite.Engine;

namespace InterCluster.Storage.Sqlite.Batches;

/// <summary>The batch store in the data file.</summary>
internal sealed class SqliteBatchStore(SqliteDatabase database) : IBatchStore
{
    private static readonly Sql CancelSql = new("""
        update batches set state = 3, updated_at = @now, closed_at = coalesce(closed_at, @now) where seq = @seq and state <> 3
        """);

    private readonly long _idempotencyLifetime = Micros.From(database.Options.IdempotencyLifetime);

    public ValueTask<BatchInfo> OpenAsync(NewBatch batch, CancellationToken ct) =>
        database.WriteAsync(s => OpenBatch.Apply(s, batch, _idempotencyLifetime), new WorkCost(1, IsNew: true), ct);

    public ValueTask<IReadOnlyList<SubmitOutcome>?> AppendAsync(BatchSlice slice, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(slice);
        byte[][] headers = EncodedHeaders(slice.Runs);
        byte[]?[] hashes = [.. slice.Runs.Select(r => r.IdempotencyKey is null ? null : RequestHash.Of(r.Request))];
        long bytes = slice.Runs.Sum(r => (long)r.Request.Body.Length) + headers.Sum(h => (long)h.Length);
        var append = new AppendBatch(slice, headers, hashes, _idempotencyLifetime);
        return database.WriteAsync(append.Apply, new WorkCost(slice.Runs.Count + 1, bytes, IsNew: true), ct);
    }

    public ValueTask<BatchInfo?> GetAsync(string project, BatchId id, CancellationToken ct) =>
        database.ReadAsync(s => BatchRows.Get(s, project, id), ct);

    public ValueTask<BatchPage> ListAsync(string project, BatchId? before, int limit, CancellationToken ct) =>
        database.ReadAsync(s => BatchRows.List(s, project, before, limit), ct);

    public ValueTask<IReadOnlyList<BatchResult>> ReadResultsAsync(
        string project, BatchId id, long afterLine, int limit, long maxBytes, CancellationToken ct) =>
        database.ReadAsync(s => ReadResults.Apply(s, project, id, afterLine, limit, maxBytes), ct);

    public async ValueTask<BatchInfo?> CancelAsync(string project, BatchId id, CancellationToken ct)
    {
        bool found = await database.WriteAsync(s => Cancel(s, project, id), ct);
        return found ? await GetAsync(project, id, ct) : null;
    }

    private static bool Cancel(WriteSession session, string project, BatchId id)
    {
        if (BatchRows.FindSeq(session.Connection, project, id) is not { } seq)
        {
            return false;
        }

        using Statement cancel = session.Use(CancelSql);
        cancel.Bind(session.Now).Bind(seq).Run();
        return true;
    }

    // The lines of a batch mostly share their headers: one list, encoded once.
    private static byte[][] EncodedHeaders(IReadOnlyList<NewRun> runs)
    {
        var encoded = new byte[runs.Count][];
        for (int i = 0; i < encoded.Length; i++)
        {
            encoded[i] = i > 0 && ReferenceEquals(runs[i].Request.Headers, runs[i - 1].Request.Headers)
                ? encoded[i - 1] : HeaderCodec.Encode(runs[i].Request.Headers);
        }

        return encoded;
    }
}
