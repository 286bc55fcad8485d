using InterCluster.Core.Batches;

namespace InterCluster.Core.Wire;

#pragma warning disable CS1591 // The names say it; docs/wire-contract.md says the rest.

/// <summary>A batch, as <c>GET batches/{id}</c> shows it.</summary>
public sealed record BatchView
{
    public required string BatchId { get; init; }
    public required string Project { get; init; }
    public required string App { get; init; }
    public required string Function { get; init; }
    public required BatchState State { get; init; }

    /// <summary>True when nothing more is to come: the upload is over and every run has ended.</summary>
    public required bool Done { get; init; }

    /// <summary>Lines read so far, good and bad ones; empty ones count.</summary>
    public required long Lines { get; init; }

    /// <summary>Runs in it.</summary>
    public required long Accepted { get; init; }
    public required long Duplicates { get; init; }
    public required long Rejected { get; init; }
    public required RunCountsView Counts { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? ClosedAt { get; init; }
    public string? IdempotencyKey { get; init; }

    /// <summary>The view of a batch.</summary>
    public static BatchView From(BatchInfo batch) => new()
    {
        BatchId = batch.Id.ToString(),
        Project = batch.Function.App.Project,
        App = batch.Function.App.App,
        Function = batch.Function.Function,
        State = batch.State,
        Done = batch.IsDone,
        Lines = batch.Lines,
        Accepted = batch.Counts.Total,
        Duplicates = batch.Duplicates,
        Rejected = batch.Rejected,
        Counts = RunCountsView.From(batch.Counts),
        CreatedAt = batch.CreatedAt,
        ClosedAt = batch.ClosedAt,
        IdempotencyKey = batch.IdempotencyKey,
    };
}

/// <summary>How many runs are in each state.</summary>
public sealed record RunCountsView(long Scheduled, long Queued, long Running, long Succeeded, long Failed, long Cancelled, long Dead)
{
    /// <summary>The view of counts.</summary>
    public static RunCountsView From(RunCounts c) => new(c.Scheduled, c.Queued, c.Running, c.Succeeded, c.Failed, c.Cancelled, c.Dead);
}

/// <summary>A page of batches, newest first.</summary>
public sealed record BatchListView(IReadOnlyList<BatchView> Batches, string? NextCursor);

/// <summary>A line of a batch that was not taken.</summary>
/// <param name="Line">Its number, from 1.</param>
/// <param name="Code">Why: stable.</param>
/// <param name="Detail">Why, in words.</param>
public sealed record RejectedLineView(long Line, string Code, string Detail);

/// <summary>The answer to a batch.</summary>
public sealed record BatchAcceptedView
{
    public required string BatchId { get; init; }
    public required long Lines { get; init; }
    public required long Accepted { get; init; }
    public required long Duplicates { get; init; }

    /// <summary>The first bad lines of this upload.</summary>
    public required IReadOnlyList<RejectedLineView> Rejected { get; init; }

    /// <summary>All of them, of earlier uploads too.</summary>
    public required long RejectedTotal { get; init; }

    /// <summary>Lines that an earlier upload with the same key had committed; they were not stored again. Absent for a first upload.</summary>
    public long? ResumedAfterLine { get; init; }
}

/// <summary>The answer to a cancel or a replay of many.</summary>
public sealed record RunsChangeView
{
    public required bool DryRun { get; init; }

    /// <summary>Runs that the filter found in a state that this changes.</summary>
    public required long Matched { get; init; }

    /// <summary>Runs that were changed; 0 for a dry run.</summary>
    public required long Changed { get; init; }

    /// <summary>True when a limit ended it and there is more: ask again.</summary>
    public required bool More { get; init; }

    /// <summary>The first of them.</summary>
    public required IReadOnlyList<string> RunIds { get; init; }
}

/// <summary>A dead run with the last answer that it got.</summary>
public sealed record DeadLetterView(RunView Run, LastAnswerView? LastAnswer);

/// <summary>An answer, its body cut to what a list can show: as text where it is text, else as Base64.</summary>
public sealed record LastAnswerView(int Status, string? ContentType, long BodyBytes, bool Truncated, string? BodyText, string? BodyBase64);

/// <summary>A page of dead runs, newest first.</summary>
public sealed record DeadLetterListView(IReadOnlyList<DeadLetterView> DeadLetters, string? NextCursor);
