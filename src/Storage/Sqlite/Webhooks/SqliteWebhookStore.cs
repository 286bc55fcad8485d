using InterCluster.Core.Naming;
using InterCluster.Core.Webhooks;
using InterCluster.Storage.Codecs;
using InterCluster.Storage.GroupCommit;
using InterCluster.Storage.Sqlite.Engine;

namespace InterCluster.Storage.Sqlite.Webhooks;

/// <summary>Deliveries in the data file.</summary>
internal sealed class SqliteWebhookStore(SqliteDatabase database) : IWebhookStore
{
    private readonly ClaimDeliveries _claims = new();

    public event Action? Due
    {
        add => database.Events.DeliveriesDue += value;
        remove => database.Events.DeliveriesDue -= value;
    }

    public async ValueTask AddAsync(NewDelivery delivery, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(delivery);
        await database.WriteAsync(s => AddDelivery.Apply(s, delivery), new WorkCost(1, delivery.Body?.Length ?? 0, IsNew: true), ct);
    }

    // Once taken, the bodies are read even for a caller that has gone: nobody else would answer for these leases.
    public async ValueTask<WebhookClaim> ClaimAsync(WebhookShares shares, TimeSpan lease, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(shares);
        (List<(long, ClaimedDelivery)> taken, long? nextDue) = await database.WriteAsync(s => _claims.Apply(s, shares, lease), ct);
        IReadOnlyList<ClaimedDelivery> deliveries =
            taken.Count == 0 ? [] : await database.ReadAsync(s => ReadDeliveries.WithBodies(s, taken), CancellationToken.None);
        return new WebhookClaim(deliveries, Micros.ToTime(nextDue));
    }

    public ValueTask<bool> SettleAsync(DeliverySettlement settlement, CancellationToken ct) =>
        database.WriteAsync(s => ChangeDeliveries.Settle(s, settlement), ct);

    public ValueTask<(DeliveryInfo Delivery, IReadOnlyList<DeliveryAttempt> Attempts)?> GetAsync(string project, Guid id, CancellationToken ct) =>
        database.ReadAsync(s => ReadDeliveries.Get(s, project, id), ct);

    public ValueTask<DeliveryPage> ListAsync(DeliveryFilter filter, Guid? before, int limit, CancellationToken ct) =>
        database.ReadAsync(s => ReadDeliveries.List(s, filter, before, limit), ct);

    public ValueTask<DeliveryState?> RedeliverAsync(string project, Guid id, CancellationToken ct) =>
        database.WriteAsync(s => ChangeDeliveries.Redeliver(s, project, id), ct);

    public ValueTask<IReadOnlyList<EndedBatch>> EndedBatchesAsync(int limit, CancellationToken ct) =>
        database.ReadAsync(s => Receivers.EndedBatches(s, limit), ct);

    public ValueTask<bool> AddOfBatchAsync(NewDelivery delivery, BatchId batch, CancellationToken ct) =>
        database.WriteAsync(s => Receivers.AddOfBatch(s, delivery, batch), ct);

    public ValueTask<IReadOnlyList<ReceiverInfo>> ListReceiversAsync(string project, int limit, CancellationToken ct) =>
        database.ReadAsync(s => Receivers.List(s, project, limit), ct);

    public ValueTask<ReceiverInfo?> EnableReceiverAsync(string project, string authority, CancellationToken ct) =>
        database.WriteAsync(s => Receivers.Enable(s, project, authority), ct);

    public ValueTask<int> PurgeAsync(DateTimeOffset deliveredBefore, DateTimeOffset deadBefore, int limit, CancellationToken ct) =>
        database.WriteAsync(s => ChangeDeliveries.Purge(s, Micros.From(deliveredBefore), Micros.From(deadBefore), limit), ct);

    public ValueTask<long> CountPendingAsync(CancellationToken ct) => database.ReadAsync(ReadDeliveries.CountPending, ct);
}
