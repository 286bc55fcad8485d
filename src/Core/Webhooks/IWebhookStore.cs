using InterCluster.Core.Naming;
using InterCluster.Core.Runs;

namespace InterCluster.Core.Webhooks;

/// <summary>
/// The durable queue of webhook deliveries and their log. A run with a <see cref="NewRun.Webhook"/> gets its delivery in the transaction that makes it
/// terminal, whatever makes it so (<see cref="IRunStore"/>); sync calls add theirs here. A delivery is taken under a lease with a number
/// and is due again when the lease is over, so what a dead sender held is sent again with the same id.
/// Fails with <see cref="StoreUnavailableException"/> when the store cannot commit.
/// </summary>
public interface IWebhookStore
{
    /// <summary>Stores a delivery that is due at once.</summary>
    ValueTask AddAsync(NewDelivery delivery, CancellationToken ct);

    /// <summary>
    /// Takes due deliveries as far as there is room, each receiver's oldest first; receivers take turns from one claim to the next. Its cost
    /// grows with the number of receivers that have due deliveries, not with the deliveries.
    /// </summary>
    ValueTask<WebhookClaim> ClaimAsync(WebhookShares shares, TimeSpan lease, CancellationToken ct);

    /// <summary>Settles an attempt and keeps it in the log; false when its lease is not the current one, and nothing was changed.</summary>
    ValueTask<bool> SettleAsync(DeliverySettlement settlement, CancellationToken ct);

    /// <summary>The delivery with the log of its attempts, oldest first; null when the project has none of this id.</summary>
    ValueTask<(DeliveryInfo Delivery, IReadOnlyList<DeliveryAttempt> Attempts)?> GetAsync(string project, Guid id, CancellationToken ct);

    /// <summary>A page of deliveries, newest first.</summary>
    ValueTask<DeliveryPage> ListAsync(DeliveryFilter filter, Guid? before, int limit, CancellationToken ct);

    /// <summary>
    /// A delivered or dead one becomes due at once with a fresh budget of attempts, under the same id. The state before, or null when the project
    /// has no such delivery. A pending one is left as it is.
    /// </summary>
    ValueTask<DeliveryState?> RedeliverAsync(string project, Guid id, CancellationToken ct);

    /// <summary>Batches that are done and whose end is to be told.</summary>
    ValueTask<IReadOnlyList<EndedBatch>> EndedBatchesAsync(int limit, CancellationToken ct);

    /// <summary>Stores the delivery of a batch's end in place of the wish for it; false when somebody else has.</summary>
    ValueTask<bool> AddOfBatchAsync(NewDelivery delivery, BatchId batch, CancellationToken ct);

    /// <summary>The receivers of a project that fail, by host and port.</summary>
    ValueTask<IReadOnlyList<ReceiverInfo>> ListReceiversAsync(string project, int limit, CancellationToken ct);

    /// <summary>A receiver is sent to again, and its failures are forgotten: as it was before, or null when it did not fail.</summary>
    ValueTask<ReceiverInfo?> EnableReceiverAsync(string project, string authority, CancellationToken ct);

    /// <summary>Removes deliveries that ended before these times, at most <paramref name="limit"/>; how many.</summary>
    ValueTask<int> PurgeAsync(DateTimeOffset deliveredBefore, DateTimeOffset deadBefore, int limit, CancellationToken ct);

    /// <summary>How many are pending. Read for the metrics only.</summary>
    ValueTask<long> CountPendingAsync(CancellationToken ct);

    /// <summary>Raised after a commit that made deliveries due, when the store knows. Handlers must not block.</summary>
    event Action? Due;
}

/// <summary>What a claim took.</summary>
/// <param name="Deliveries">The deliveries.</param>
/// <param name="NextDue">When the next one that is not due yet will be; null: there is none.</param>
public sealed record WebhookClaim(IReadOnlyList<ClaimedDelivery> Deliveries, DateTimeOffset? NextDue);

/// <summary>Which deliveries to list; null: any.</summary>
/// <param name="Project">The project: always.</param>
/// <param name="State">The state.</param>
/// <param name="Run">The run.</param>
public sealed record DeliveryFilter(string Project, DeliveryState? State = null, RunId? Run = null);

/// <summary>A page of deliveries.</summary>
/// <param name="Deliveries">The deliveries, newest first.</param>
/// <param name="Next">The last id, when there may be more; else null.</param>
public sealed record DeliveryPage(IReadOnlyList<DeliveryInfo> Deliveries, Guid? Next);
