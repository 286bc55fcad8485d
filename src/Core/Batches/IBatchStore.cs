using InterCluster.Core.Naming;
using InterCluster.Core.Runs;

namespace InterCluster.Core.Batches;

/// <summary>
/// The durable record of batches, beside <see cref="IRunStore"/> and in the same database: a run of a batch is a run like any other. The counts of a
/// batch follow every transition of its runs, in the same commit, and reading them costs the same however many runs it has. Fails as
/// <see cref="IRunStore"/> does.
/// </summary>
public interface IBatchStore
{
    /// <summary>
    /// Opens a batch for an upload: a new one, or that of its idempotency key (within the key's lifetime). Either way its <see cref="BatchInfo.Upload"/>
    /// is one higher than before. An interrupted one receives again; a complete or cancelled one stays as it is.
    /// </summary>
    ValueTask<BatchInfo> OpenAsync(NewBatch batch, CancellationToken ct);

    /// <summary>
    /// Stores a slice: its runs, the batch's new figures and, with <see cref="BatchSlice.Close"/>, the end of the upload, in one commit. The answer says in
    /// the same order what became of the runs (a mismatch counts as rejected). Null, and nothing is stored, when the batch is not
    /// <see cref="BatchState.Receiving"/> or a later upload has been opened.
    /// </summary>
    ValueTask<IReadOnlyList<SubmitOutcome>?> AppendAsync(BatchSlice slice, CancellationToken ct);

    /// <summary>The batch; null when the project has none of this id.</summary>
    ValueTask<BatchInfo?> GetAsync(string project, BatchId id, CancellationToken ct);

    /// <summary>A page of the project's batches, newest first.</summary>
    ValueTask<BatchPage> ListAsync(string project, BatchId? before, int limit, CancellationToken ct);

    /// <summary>
    /// The runs of a batch in the order of their lines, those after <paramref name="afterLine"/>, whatever their state: at most <paramref name="limit"/>,
    /// fewer once their answers come to <paramref name="maxBytes"/>, but one at least. None: there are no more lines yet. The answers are those of ended
    /// runs only.
    /// </summary>
    ValueTask<IReadOnlyList<BatchResult>> ReadResultsAsync(
        string project, BatchId id, long afterLine, int limit, long maxBytes, CancellationToken ct);

    /// <summary>
    /// Takes no further line (<see cref="BatchState.Cancelled"/>), whatever its state; its runs are cancelled by
    /// <see cref="IRunStore.CancelAsync"/>. The batch after it, or null when the project has none of this id.
    /// </summary>
    ValueTask<BatchInfo?> CancelAsync(string project, BatchId id, CancellationToken ct);
}
