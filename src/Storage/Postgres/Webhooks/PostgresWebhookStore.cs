using InterCluster.Core.Naming;
using InterCluster.Core.Webhooks;
using InterCluster.Storage.Postgres.Engine;

namespace InterCluster.Storage.Postgres.Webhooks;

/// <summary>Deliveries in the database.</summary>
internal sealed class PostgresWebhookStore(PostgresDatabase database) : IWebhookStore
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
        await database.ChangeAsync(ProjectScope.Of(delivery.Subject.Function.App.Project), s => ChangeDeliveries.Add(s, delivery), ct);
    }

    public ValueTask<WebhookClaim> ClaimAsync(WebhookShares shares, TimeSpan lease, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(shares);
        return database.ChangeAsync(ProjectScope.Everything, s => _claims.Apply(s, shares, lease), ct);
    }

    public ValueTask<bool> SettleAsync(DeliverySettlement settlement, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(settlement);
        TimeSpan? delay = settlement.DueAt - database.Time.GetUtcNow();
        return database.ChangeAsync(ProjectScope.Everything, s => ChangeDeliveries.Settle(s, settlement, delay), ct);
    }

    public ValueTask<(DeliveryInfo Delivery, IReadOnlyList<DeliveryAttempt> Attempts)?> GetAsync(string project, Guid id, CancellationToken ct) =>
        database.ReadAsync(ProjectScope.Of(project), s => ReadDeliveries.Get(s, project, id), ct);

    public ValueTask<DeliveryPage> ListAsync(DeliveryFilter filter, Guid? before, int limit, CancellationToken ct) =>
        database.ReadAsync(ProjectScope.Of(filter.Project), s => ReadDeliveries.List(s, filter, before, limit), ct);

    public ValueTask<DeliveryState?> RedeliverAsync(string project, Guid id, CancellationToken ct) =>
        database.ChangeAsync(ProjectScope.Of(project), s => ChangeDeliveries.Redeliver(s, project, id), ct);

    public ValueTask<IReadOnlyList<EndedBatch>> EndedBatchesAsync(int limit, CancellationToken ct) =>
        database.ReadAsync(ProjectScope.Everything, s => Receivers.EndedBatches(s, limit), ct);

    public ValueTask<bool> AddOfBatchAsync(NewDelivery delivery, BatchId batch, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(delivery);
        return database.ChangeAsync(ProjectScope.Of(delivery.Subject.Function.App.Project), s => ChangeDeliveries.AddOfBatch(s, delivery, batch), ct);
    }

    public ValueTask<IReadOnlyList<ReceiverInfo>> ListReceiversAsync(string project, int limit, CancellationToken ct) =>
        database.ReadAsync(ProjectScope.Of(project), s => Receivers.List(s, project, limit), ct);

    public ValueTask<ReceiverInfo?> EnableReceiverAsync(string project, string authority, CancellationToken ct) =>
        database.ChangeAsync(ProjectScope.Of(project), s => Receivers.Enable(s, project, authority), ct);

    public ValueTask<int> PurgeAsync(DateTimeOffset deliveredBefore, DateTimeOffset deadBefore, int limit, CancellationToken ct) =>
        database.ChangeAsync(ProjectScope.Everything, s => ChangeDeliveries.Purge(s, deliveredBefore, deadBefore, limit), ct);

    public ValueTask<long> CountPendingAsync(CancellationToken ct) => database.ReadAsync(ProjectScope.Everything, ReadDeliveries.CountPending, ct);
}
