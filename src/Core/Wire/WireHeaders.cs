namespace InterCluster.Core.Wire;

/// <summary>The header names of the wire contract.</summary>
public static class WireHeaders
{
#pragma warning disable CS1591
    public const string RequestId = "X-Request-Id";
    public const string IdempotencyKey = "Idempotency-Key";
    public const string Prefix = "X-InterCluster-";
    public const string Attempt = "X-InterCluster-Attempt";
    public const string Project = "X-InterCluster-Project";
    public const string Caller = "X-InterCluster-Caller";
    public const string Priority = "X-InterCluster-Priority";
    public const string Delay = "X-InterCluster-Delay";
    public const string RunAt = "X-InterCluster-Run-At";
    public const string RunState = "X-InterCluster-Run-State";
    public const string MaxAttempts = "X-InterCluster-Max-Attempts";
    public const string Tag = "X-InterCluster-Tag";
    public const string ParentRequestId = "X-InterCluster-Parent-Request-Id";
    public const string RunStatus = "X-InterCluster-Run-Status";
    public const string RunError = "X-InterCluster-Run-Error";
    public const string WebhookId = "X-InterCluster-Webhook-Id";
    public const string WebhookAttempt = "X-InterCluster-Webhook-Attempt";
    public const string WebhookTimestamp = "X-InterCluster-Webhook-Timestamp";
    public const string WebhookSignature = "X-InterCluster-Webhook-Signature";
    public const string WebhookBody = "X-InterCluster-Webhook-Body";
    public const string WebhookRetries = "X-InterCluster-Webhook-Retries";
    public const string BatchId = "X-InterCluster-Batch-Id";
    public const string WebhookSecret = "X-Webhook-Secret";
#pragma warning restore CS1591
}
