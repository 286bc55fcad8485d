namespace InterCluster.Core.Wire;

/// <summary>The stable <c>code</c> of an error answer. Part of the wire contract: never renamed.</summary>
public static class ProblemCodes
{
#pragma warning disable CS1591 // The table in docs/wire-contract.md says when each is sent.
    public const string InvalidRequest = "invalid_request";
    public const string Unauthenticated = "unauthenticated";
    public const string Forbidden = "forbidden";
    public const string AppNotFound = "app_not_found";
    public const string RunNotFound = "run_not_found";
    public const string BatchNotFound = "batch_not_found";
    public const string NotFound = "not_found";
    public const string MethodNotAllowed = "method_not_allowed";
    public const string NotFinished = "not_finished";
    public const string Expired = "expired";
    public const string TooOld = "too_old";
    public const string Conflict = "conflict";
    public const string TooLarge = "too_large";
    public const string UnsupportedMediaType = "unsupported_media_type";
    public const string IdempotencyMismatch = "idempotency_mismatch";
    public const string RateLimited = "rate_limited";
    public const string ReplicaUnreachable = "replica_unreachable";
    public const string QueueFull = "queue_full";
    public const string NoReplica = "no_replica";
    public const string Draining = "draining";
    public const string StoreUnavailable = "store_unavailable";
    public const string QueueTimeout = "queue_timeout";
    public const string ColdStartTimeout = "cold_start_timeout";
    public const string RunTimeout = "run_timeout";
    public const string Cancelled = "cancelled";
    public const string ResultTooLarge = "result_too_large";
    public const string WorkerLost = "worker_lost";
    public const string RequestTimeout = "request_timeout";
    public const string Internal = "internal";
#pragma warning restore CS1591
}
