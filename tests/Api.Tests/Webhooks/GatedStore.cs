using InterCluster.Core.Naming;
using InterCluster.Core.Webhooks;
using Microsoft.Extensions.DependencyInjection;

namespace InterCluster.Api.Tests.Webhooks;

/// <summary>The store of deliveries, with additions that wait until the test lets them through.</summary>
internal sealed class GatedStore : IWebhookStore, IDisposable
{
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IWebhookStore _store = null!;

    public event Action? Due
    {
        add => _store.Due += value;
        remove => _store.Due -= value;
    }

    /// <summary>Completes with the first addition.</summary>
    public Task Asked => _asked.Task;

    public void Open() => _open.TrySetResult();

    /// <summary>Opens, also after a failed test: a server does not stop while an answer of its waits here.</summary>
    public void Dispose() => Open();

    /// <summary>Stands in front of the store that is registered.</summary>
    public void Over(IServiceCollection services)
    {
        ServiceDescriptor inner = services.Last(s => s.ServiceType == typeof(IWebhookStore));
        services.Remove(inner);
        services.AddSingleton<IWebhookStore>(provider =>
        {
            _store = (IWebhookStore)ActivatorUtilities.CreateInstance(provider, inner.ImplementationType!);
            return this;
        });
    }

    public async ValueTask AddAsync(NewDelivery delivery, CancellationToken ct)
    {
        _asked.TrySetResult();
        await _open.Task.WaitAsync(ct);
        await _store.AddAsync(delivery, ct);
    }

    public ValueTask<WebhookClaim> ClaimAsync(WebhookShares shares, TimeSpan lease, CancellationToken ct) => _store.ClaimAsync(shares, lease, ct);

    public ValueTask<bool> SettleAsync(DeliverySettlement settlement, CancellationToken ct) => _store.SettleAsync(settlement, ct);

    public ValueTask<(DeliveryInfo Delivery, IReadOnlyList<DeliveryAttempt> Attempts)?> GetAsync(string project, Guid id, CancellationToken ct) =>
        _store.GetAsync(project, id, ct);

    public ValueTask<DeliveryPage> ListAsync(DeliveryFilter filter, Guid? before, int limit, CancellationToken ct) => _store.ListAsync(filter, before, limit, ct);

    public ValueTask<DeliveryState?> RedeliverAsync(string project, Guid id, CancellationToken ct) => _store.RedeliverAsync(project, id, ct);

    public ValueTask<IReadOnlyList<EndedBatch>> EndedBatchesAsync(int limit, CancellationToken ct) => _store.EndedBatchesAsync(limit, ct);

    public ValueTask<bool> AddOfBatchAsync(NewDelivery delivery, BatchId batch, CancellationToken ct) => _store.AddOfBatchAsync(delivery, batch, ct);

    public ValueTask<IReadOnlyList<ReceiverInfo>> ListReceiversAsync(string project, int limit, CancellationToken ct) =>
        _store.ListReceiversAsync(project, limit, ct);

    public ValueTask<ReceiverInfo?> EnableReceiverAsync(string project, string authority, CancellationToken ct) =>
        _store.EnableReceiverAsync(project, authority, ct);

    public ValueTask<int> PurgeAsync(DateTimeOffset deliveredBefore, DateTimeOffset deadBefore, int limit, CancellationToken ct) =>
        _store.PurgeAsync(deliveredBefore, deadBefore, limit, ct);

    public ValueTask<long> CountPendingAsync(CancellationToken ct) => _store.CountPendingAsync(ct);
}
