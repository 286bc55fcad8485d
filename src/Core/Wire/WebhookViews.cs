using InterCluster.Core.Runs;
using InterCluster.Core.Webhooks;

namespace InterCluster.Core.Wire;

/// <summary>A delivery, as the API shows it: no secret, no body, and its URL less the query, which may hold one.</summary>
public sealed record DeliveryView
{
#pragma warning disable CS1591 // The fields are those of DeliveryInfo, by their wire names.
    public required string DeliveryId { get; init; }
    public required string RunId { get; init; }
    public required string App { get; init; }
    public required string Function { get; init; }
    public required string Url { get; init; }
    public required DeliveryState State { get; init; }
    public WebhookRetries Retries { get; init; }
    public bool Signed { get; init; }
    public int Attempts { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? NextAttemptAt { get; init; }
    public DateTimeOffset? FinishedAt { get; init; }
    public int? LastStatus { get; init; }
    public string? LastError { get; init; }
    public long? BodyBytes { get; init; }
    public RunState? RunState { get; init; }
    public int? RunStatus { get; init; }
    public string? RunError { get; init; }
    public string? BatchId { get; init; }
#pragma warning restore CS1591

    /// <summary>The attempts, oldest first; only of a delivery that was asked for by its id.</summary>
    public IReadOnlyList<DeliveryAttemptView>? Log { get; init; }

    /// <summary>The view of a delivery.</summary>
    public static DeliveryView From(DeliveryInfo delivery, IReadOnlyList<DeliveryAttempt>? attempts = null) => new()
    {
        DeliveryId = delivery.Id.ToString("D"),
        RunId = delivery.Subject.Run.ToString(),
        App = delivery.Subject.Function.App.App,
        Function = delivery.Subject.Function.Function,
        Url = delivery.Url.IndexOf('?') is >= 0 and var query ? delivery.Url[..query] : delivery.Url,
        State = delivery.State,
        Retries = delivery.Retries,
        Signed = delivery.Signed,
        Attempts = delivery.Attempts,
        CreatedAt = delivery.CreatedAt,
        NextAttemptAt = delivery.DueAt,
        FinishedAt = delivery.FinishedAt,
        LastStatus = delivery.LastStatus,
        LastError = delivery.LastError,
        BodyBytes = delivery.BodyBytes,
        RunState = delivery.Subject.State,
        RunStatus = delivery.Subject.Status,
        RunError = delivery.Subject.Error,
        BatchId = delivery.Subject.IsBatch ? delivery.Subject.Run.ToString() : null,
        Log = attempts is null ? null : [.. attempts.Select(a => new DeliveryAttemptView(a.Number, a.At, a.Took.TotalMilliseconds, a.Status, a.Error))],
    };
}

/// <summary>An attempt to deliver.</summary>
/// <param name="Number">1 for the first.</param>
/// <param name="At">When it began.</param>
/// <param name="TookMs">How long it took.</param>
/// <param name="Status">What the receiver answered.</param>
/// <param name="Error">Why it did not succeed: one of <see cref="DeliveryErrors"/>.</param>
public sealed record DeliveryAttemptView(int Number, DateTimeOffset At, double TookMs, int? Status, string? Error);

/// <summary>A page of deliveries, newest first.</summary>
/// <param name="Deliveries">The deliveries.</param>
/// <param name="NextCursor">For the next page; absent on the last.</param>
public sealed record DeliveryListView(IReadOnlyList<DeliveryView> Deliveries, string? NextCursor);

/// <summary>The answer to a redelivery.</summary>
/// <param name="DeliveryId">The delivery.</param>
/// <param name="Changed">False when it was pending already.</param>
/// <param name="PreviousState">The state before.</param>
public sealed record DeliveryChangeView(string DeliveryId, bool Changed, DeliveryState PreviousState);

/// <summary>A receiver that fails.</summary>
/// <param name="Receiver">Host and port.</param>
/// <param name="State"><c>failing</c>, or <c>disabled</c>: nothing is sent to it.</param>
/// <param name="Failures">Failed attempts in a row.</param>
/// <param name="FailingSince">The first of them.</param>
/// <param name="LastError">One of <see cref="DeliveryErrors"/>.</param>
/// <param name="DisabledAt">When it was disabled.</param>
public sealed record ReceiverView(string Receiver, string State, int Failures, DateTimeOffset FailingSince, string LastError, DateTimeOffset? DisabledAt)
{
    /// <summary>The view of a receiver.</summary>
    public static ReceiverView From(ReceiverInfo receiver)
    {
        ArgumentNullException.ThrowIfNull(receiver);
        return new(
            receiver.Authority, receiver.DisabledAt is null ? "failing" : "disabled", receiver.Failures, receiver.FailingSince, receiver.LastError, receiver.DisabledAt);
    }
}

/// <summary>The receivers of a project that fail.</summary>
/// <param name="Receivers">By host and port.</param>
public sealed record ReceiverListView(IReadOnlyList<ReceiverView> Receivers);
