using InterCluster.Core.Batches;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;

namespace InterCluster.Core.Webhooks;

/// <summary>Where a delivery is.</summary>
public enum DeliveryState : byte
{
    /// <summary>To be sent, or being sent.</summary>
    Pending = 0,

    /// <summary>The receiver answered with 2xx.</summary>
    Delivered = 1,

    /// <summary>Not accepted, and not tried any more. Can be redelivered.</summary>
    Dead = 2,
}

/// <summary>The stable words for why an attempt to deliver did not succeed. They say nothing of what answered, or where.</summary>
public static class DeliveryErrors
{
    /// <summary>The receiver answered with a status other than 2xx.</summary>
    public const string Refused = "refused";

    /// <summary>The receiver answered with a redirect, which is never followed.</summary>
    public const string Redirect = "redirect";

    /// <summary>No answer in time.</summary>
    public const string Timeout = "timeout";

    /// <summary>The name has no address, no connection could be made, or it broke.</summary>
    public const string Unreachable = "unreachable";

    /// <summary>The receiver's certificate is not valid for it.</summary>
    public const string Certificate = "certificate";

    /// <summary>The receiver has failed for too long: nothing is sent to it until it is enabled again.</summary>
    public const string ReceiverDisabled = "receiver_disabled";

    /// <summary>The delivery is to be signed, and no key of this server opens its secret.</summary>
    public const string SecretUnavailable = "secret_unavailable";

    /// <summary>The receiver's address, or one of them, may not be called.</summary>
    public const string BlockedAddress = "blocked_address";
}

/// <summary>What a delivery tells of its run.</summary>
/// <param name="Function">The function.</param>
/// <param name="Run">The run.</param>
/// <param name="State">How an async run ended; null for a sync call.</param>
/// <param name="Attempt">The attempt that ended it; null for a sync call.</param>
/// <param name="Status">The function's status; null when it never answered.</param>
/// <param name="Error">One of <see cref="RunErrors"/>, or null.</param>
public sealed record DeliverySubject(FunctionId Function, RunId Run, RunState? State, int? Attempt, int? Status, string? Error)
{
    /// <summary>It tells of the end of a batch: <see cref="Run"/> is the batch's id.</summary>
    public bool IsBatch { get; init; }
}

/// <summary>A delivery to be stored: the answer of a sync call.</summary>
public sealed record NewDelivery
{
    /// <summary>Its id: the same in every attempt.</summary>
    public required Guid Id { get; init; }

    /// <summary>What it tells of.</summary>
    public required DeliverySubject Subject { get; init; }

    /// <summary>Where to.</summary>
    public required WebhookTarget Target { get; init; }

    /// <summary>The answer's <c>Content-Type</c>.</summary>
    public string? ContentType { get; init; }

    /// <summary>The answer's body; null when it was over the limit.</summary>
    public required ReadOnlyMemory<byte>? Body { get; init; }
}

/// <summary>A delivery that a sender has taken.</summary>
public sealed record ClaimedDelivery
{
    /// <summary>Its id.</summary>
    public required Guid Id { get; init; }

    /// <summary>The number of the sender's lease: settling names it.</summary>
    public required long Lease { get; init; }

    /// <summary>What it tells of.</summary>
    public required DeliverySubject Subject { get; init; }

    /// <summary>Where to.</summary>
    public required WebhookTarget Target { get; init; }

    /// <summary>The answer's <c>Content-Type</c>.</summary>
    public string? ContentType { get; init; }

    /// <summary>The answer's body; null when it was over the limit.</summary>
    public ReadOnlyMemory<byte>? Body { get; init; }

    /// <summary>Attempts that are over, since it was made.</summary>
    public int Attempts { get; init; }

    /// <summary>Attempts that are over, of those that it has since it was made or last redelivered.</summary>
    public int Tries { get; init; }

    /// <summary>Its receiver was disabled: it is not to be sent.</summary>
    public bool IsReceiverDisabled { get; init; }
}

/// <summary>An attempt to deliver.</summary>
/// <param name="Number">1 for the first.</param>
/// <param name="At">When it began.</param>
/// <param name="Took">How long it took.</param>
/// <param name="Status">What the receiver answered; null when it did not.</param>
/// <param name="Error">One of <see cref="DeliveryErrors"/>; null when it was accepted.</param>
public sealed record DeliveryAttempt(int Number, DateTimeOffset At, TimeSpan Took, int? Status, string? Error);

/// <summary>What a sender says of an attempt. Accepted only under the delivery's current lease.</summary>
/// <param name="Id">The delivery.</param>
/// <param name="Lease">The lease that it was claimed under.</param>
/// <param name="Attempt">The attempt.</param>
/// <param name="State">What it is now.</param>
/// <param name="DueAt">When to try again; only when it is still pending.</param>
public sealed record DeliverySettlement(Guid Id, long Lease, DeliveryAttempt Attempt, DeliveryState State, DateTimeOffset? DueAt)
{
    /// <summary>When a receiver that fails is disabled; null: never.</summary>
    public ReceiverPatience? Patience { get; init; }
}

/// <summary>How long a receiver may fail before nothing is sent to it any more: both have to be over.</summary>
/// <param name="Failures">Failed attempts in a row, over all its deliveries.</param>
/// <param name="Time">Since the first of them.</param>
public readonly record struct ReceiverPatience(int Failures, TimeSpan Time);

/// <summary>A receiver of a project that has failed since its last success.</summary>
/// <param name="Authority">Host and port.</param>
/// <param name="Failures">Failed attempts in a row.</param>
/// <param name="FailingSince">The first of them.</param>
/// <param name="LastError">One of <see cref="DeliveryErrors"/>.</param>
/// <param name="DisabledAt">When it was disabled; null while it is sent to.</param>
public sealed record ReceiverInfo(string Authority, int Failures, DateTimeOffset FailingSince, string LastError, DateTimeOffset? DisabledAt);

/// <summary>A batch that is done and whose end has not been told.</summary>
/// <param name="Batch">The batch.</param>
/// <param name="Target">Where to tell it.</param>
public sealed record EndedBatch(BatchInfo Batch, WebhookTarget Target);

/// <summary>A delivery as it is shown: no secret, no body.</summary>
public sealed record DeliveryInfo
{
    /// <summary>Its id.</summary>
    public required Guid Id { get; init; }

    /// <summary>What it tells of.</summary>
    public required DeliverySubject Subject { get; init; }

    /// <summary>Where to.</summary>
    public required string Url { get; init; }

    /// <summary>How long it is tried.</summary>
    public WebhookRetries Retries { get; init; }

    /// <summary>True when it carries a signature.</summary>
    public bool Signed { get; init; }

    /// <summary>Where it is.</summary>
    public required DeliveryState State { get; init; }

    /// <summary>Attempts so far.</summary>
    public int Attempts { get; init; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it is due; null when it is not pending.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>When it was delivered or given up.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>What the receiver answered last.</summary>
    public int? LastStatus { get; init; }

    /// <summary>Why the last attempt did not succeed.</summary>
    public string? LastError { get; init; }

    /// <summary>The body's size in bytes; null when it is not carried because it was over the limit.</summary>
    public long? BodyBytes { get; init; }
}
