using InterCluster.Core.Batches;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Sqlite.Engine;
using InterCluster.Storage.Sqlite.Runs;

namespace InterCluster.Storage.Sqlite.Batches;

/// <summary>Stores a slice of a batch.</summary>
/// <param name="slice">The slice.</param>
/// <param name="headers">The headers of its runs, encoded.</param>
/// <param name="hashes">The hashes of their requests; null where a run has no key of its own.</param>
/// <param name="idempotencyLifetime">In microseconds.</param>
internal sealed class AppendBatch(BatchSlice slice, byte[][] headers, byte[]?[] hashes, long idempotencyLifetime)
{
    private static readonly Sql Find = new("select seq from batches where id = @id and state = 0 and upload = @upload");

    private static readonly Sql Advance = new("""
        update batches
        set lines = @lines, digest = @digest, rejected = rejected + @rejected, duplicates = duplicates + @duplicates, state = @state, updated_at = @now,
            closed_at = @closed_at
        where seq = @seq
        """);

    public IReadOnlyList<SubmitOutcome>? Apply(WriteSession session)
    {
        if (FindSeq(session) is not { } seq)
        {
            return null;
        }

        var outcomes = new SubmitOutcome[slice.Runs.Count];
        for (int i = 0; i < outcomes.Length; i++)
        {
            outcomes[i] = new SubmitRun(slice.Runs[i], headers[i], hashes[i], idempotencyLifetime, seq).Apply(session).Outcome;
        }

        Save(session, seq, outcomes);
        return outcomes;
    }

    private long? FindSeq(WriteSession session)
    {
        using Statement find = session.Use(Find);
        return find.Bind(new RunId(slice.Batch.Value)).Bind(slice.Upload).Step() ? find.Long(0) : null;
    }

    private void Save(WriteSession session, long seq, SubmitOutcome[] outcomes)
    {
        using Statement advance = session.Use(Advance);
        advance.Bind(slice.Lines).Bind(slice.Digest.Span)
            .Bind(slice.Rejected + outcomes.Count(o => o == SubmitOutcome.Mismatch)).Bind(outcomes.Count(o => o == SubmitOutcome.Duplicate))
            .Bind((long)(slice.Close ?? BatchState.Receiving)).Bind(session.Now).Bind(slice.Close is null ? null : session.Now).Bind(seq).Run();
    }
}
