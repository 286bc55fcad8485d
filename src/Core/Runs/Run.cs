using InterCluster.Core.Naming;
using InterCluster.Core.Webhooks;

namespace InterCluster.Core.Runs;

/// <summary>A header of a stored request or response. Names may repeat.</summary>
/// <param name="Name">The field's name.</param>
/// <param name="Value">Its value.</param>
public readonly record struct StoredHeader(string Name, string Value);

/// <summary>The call that a run makes: the app gets exactly this.</summary>
/// <param name="Method">The method.</param>
/// <param name="PathAndQuery">Path as the app sees it, from the slash on, with the query less our own parameters.</param>
/// <param name="Headers">End-to-end headers less ours.</param>
/// <param name="Body">The body; empty without one.</param>
public sealed record RunRequest(string Method, string PathAndQuery, IReadOnlyList<StoredHeader> Headers, ReadOnlyMemory<byte> Body);

/// <summary>What the function answered.</summary>
/// <param name="Status">Its status.</param>
/// <param name="Headers">Its end-to-end headers.</param>
/// <param name="Body">Its body, as it came.</param>
public sealed record RunResponse(int Status, IReadOnlyList<StoredHeader> Headers, ReadOnlyMemory<byte> Body);

/// <summary>A run to be stored.</summary>
public sealed record NewRun
{
    /// <summary>The id, made by the gateway.</summary>
    public required RunId Id { get; init; }

    /// <summary>The function.</summary>
    public required FunctionId Function { get; init; }

    /// <summary>The call.</summary>
    public required RunRequest Request { get; init; }

    /// <summary>The time it was accepted.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Not before this time; null: at once.</summary>
    public DateTimeOffset? RunAt { get; init; }

    /// <summary>Its lane.</summary>
    public RunPriority Priority { get; init; } = RunPriority.Normal;

    /// <summary>Attempts of the function at most.</summary>
    public int MaxAttempts { get; init; } = RetryPolicy.DefaultMaxAttempts;

    /// <summary>The caller's <c>Idempotency-Key</c>, unique per project and function within its lifetime.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>The id of the key that submitted it; null when the app is open.</summary>
    public string? SubmittedBy { get; init; }

    /// <summary>The caller's own word for it and its like: to list and cancel by.</summary>
    public string? Tag { get; init; }

    /// <summary>How old it may become before it starts, counted from <see cref="CreatedAt"/> or <see cref="RunAt"/>, the later; null: any age.</summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary>The waits between its attempts; null: the defaults of <see cref="RetryPolicy"/>.</summary>
    public Backoff? Backoff { get; init; }

    /// <summary>Its line in the batch, from 1; 0 outside of one.</summary>
    public long Line { get; init; }

    /// <summary>The run that this one repeats with another input; null for none.</summary>
    public RunId? Origin { get; init; }

    /// <summary>Where its answer is delivered each time it becomes terminal, in the same transaction; null: nowhere.</summary>
    public WebhookTarget? Webhook { get; init; }
}

/// <summary>Everything about a run but its bodies: what <c>GET runs/{id}</c> shows.</summary>
public sealed record RunInfo
{
    /// <summary>The id.</summary>
    public required RunId Id { get; init; }

    /// <summary>The function.</summary>
    public required FunctionId Function { get; init; }

    /// <summary>Where it is.</summary>
    public required RunState State { get; init; }

    /// <summary>The method of the call.</summary>
    public required string Method { get; init; }

    /// <summary>The path of the call, as the app sees it.</summary>
    public required string PathAndQuery { get; init; }

    /// <summary>Its lane.</summary>
    public RunPriority Priority { get; init; }

    /// <summary>Attempts of the function so far; the running one counts.</summary>
    public int Attempt { get; init; }

    /// <summary>Attempts at most.</summary>
    public int MaxAttempts { get; init; }

    /// <summary>Workers that died with it; counted apart from attempts that failed.</summary>
    public int Crashes { get; init; }

    /// <summary>The number of the last lease: grows by one per claim and never repeats.</summary>
    public long Lease { get; init; }

    /// <summary>When it was accepted.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Not before; meaningful while scheduled.</summary>
    public DateTimeOffset? RunAt { get; init; }

    /// <summary>When its last attempt began.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it became terminal.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>The function's last status; null before any answer.</summary>
    public int? Status { get; init; }

    /// <summary>Why the last attempt did not succeed: one of <see cref="RunErrors"/>, or null.</summary>
    public string? Error { get; init; }

    /// <summary>Its batch; null outside of one.</summary>
    public BatchId? Batch { get; init; }

    /// <summary>Its line in the batch; null outside of one.</summary>
    public long? Line { get; init; }

    /// <summary>The caller's own word for it.</summary>
    public string? Tag { get; init; }

    /// <summary>Dead unless an attempt has begun by then; null: never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The run that this one repeats with another input.</summary>
    public RunId? Origin { get; init; }

    /// <summary>True once the function's answer was kept no longer, though the run still is.</summary>
    public bool IsResultExpired { get; init; }
}

/// <summary>The stable words for why an attempt did not succeed.</summary>
public static class RunErrors
{
    /// <summary>The function answered with an error status.</summary>
    public const string FunctionError = "function_error";

    /// <summary>The connection broke before a whole answer.</summary>
    public const string ReplicaUnreachable = "replica_unreachable";

    /// <summary>The attempt ran longer than <c>response_grace_period</c>.</summary>
    public const string RunTimeout = "run_timeout";

    /// <summary>The answer was larger than the published limit.</summary>
    public const string ResultTooLarge = "result_too_large";

    /// <summary>The worker died or lost its lease.</summary>
    public const string WorkerLost = "worker_lost";

    /// <summary>It was not started in time: older than the function's maximum age.</summary>
    public const string Expired = "expired";

    /// <summary>The app was deleted before the run could end.</summary>
    public const string AppNotFound = "app_not_found";
}

/// <summary>A run claimed by a worker: what it needs to carry it out.</summary>
/// <param name="Id">The id.</param>
/// <param name="Function">The function.</param>
/// <param name="Request">The call.</param>
/// <param name="Attempt">1 for the first.</param>
/// <param name="MaxAttempts">Attempts at most.</param>
/// <param name="Lease">The lease's number: names the right to settle.</param>
/// <param name="Crashes">Workers that died with it before.</param>
public sealed record ClaimedRun(RunId Id, FunctionId Function, RunRequest Request, int Attempt, int MaxAttempts, long Lease, int Crashes)
{
    /// <summary>When it became ready for this attempt: what its wait is counted from. Null when the store does not keep it.</summary>
    public DateTimeOffset? ReadyAt { get; init; }

    /// <summary>The waits between its attempts; null: the defaults.</summary>
    public Backoff? Backoff { get; init; }
}
