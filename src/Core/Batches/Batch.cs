using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Core.Webhooks;

namespace InterCluster.Core.Batches;

/// <summary>A batch to be opened.</summary>
public sealed record NewBatch
{
    /// <summary>The id, made by the gateway; used when the key names no batch yet.</summary>
    public required BatchId Id { get; init; }

    /// <summary>The function of all its runs.</summary>
    public required FunctionId Function { get; init; }

    /// <summary>When it was opened.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The caller's <c>Idempotency-Key</c>: names the batch to the project and function for its lifetime. Apart from the keys of runs.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>The id of the key that submitted it; null when the app is open.</summary>
    public string? SubmittedBy { get; init; }

    /// <summary>Where its end is told: each time that an upload is over and the last of its runs has ended. Null: nowhere.</summary>
    public WebhookTarget? Webhook { get; init; }
}

/// <summary>A batch, as it is now.</summary>
public sealed record BatchInfo
{
    /// <summary>The id.</summary>
    public required BatchId Id { get; init; }

    /// <summary>The function of all its runs.</summary>
    public required FunctionId Function { get; init; }

    /// <summary>How far its upload has come.</summary>
    public required BatchState State { get; init; }

    /// <summary>When it was opened.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When <see cref="State"/> last left <see cref="BatchState.Receiving"/>; null while it receives.</summary>
    public DateTimeOffset? ClosedAt { get; init; }

    /// <summary>Lines committed so far, good and bad ones.</summary>
    public long Lines { get; init; }

    /// <summary>Lines whose own idempotency key named a run that was there already: that run is not of this batch.</summary>
    public long Duplicates { get; init; }

    /// <summary>Lines that were refused.</summary>
    public long Rejected { get; init; }

    /// <summary>Its runs by state.</summary>
    public RunCounts Counts { get; init; }

    /// <summary>The caller's key.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>The id of the key that submitted it.</summary>
    public string? SubmittedBy { get; init; }

    /// <summary>The number of its last upload: grows by one with each, and fences off the ones before.</summary>
    public int Upload { get; init; }

    /// <summary>The digest of the committed lines, as the last slice gave it; empty before any.</summary>
    public ReadOnlyMemory<byte> Digest { get; init; }

    /// <summary>True when no line and no end of a run is to come any more (but for a replay).</summary>
    public bool IsDone => State != BatchState.Receiving && Counts.Live == 0;
}

/// <summary>A slice of a batch, to be stored in one commit.</summary>
public sealed record BatchSlice
{
    /// <summary>The batch.</summary>
    public required BatchId Batch { get; init; }

    /// <summary>The upload that it comes with.</summary>
    public required int Upload { get; init; }

    /// <summary>Lines of the batch up to the end of this slice, good and bad ones.</summary>
    public required long Lines { get; init; }

    /// <summary>The digest of those lines.</summary>
    public required ReadOnlyMemory<byte> Digest { get; init; }

    /// <summary>Bad lines in this slice.</summary>
    public int Rejected { get; init; }

    /// <summary>Its runs, each with its <see cref="NewRun.Line"/>, all of the batch's function. May be empty.</summary>
    public required IReadOnlyList<NewRun> Runs { get; init; }

    /// <summary>Ends the upload: <see cref="BatchState.Complete"/> or <see cref="BatchState.Interrupted"/>; null: more is to come.</summary>
    public BatchState? Close { get; init; }
}

/// <summary>A run of a batch with its answer.</summary>
/// <param name="Run">The run.</param>
/// <param name="Response">The function's last answer; null when there is none, or the run has not ended.</param>
public sealed record BatchResult(RunInfo Run, RunResponse? Response);

/// <summary>A page of batches.</summary>
/// <param name="Batches">The batches, newest first.</param>
/// <param name="Next">The last id, when there may be more; else null.</param>
public sealed record BatchPage(IReadOnlyList<BatchInfo> Batches, BatchId? Next);
