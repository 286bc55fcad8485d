using System.Text;
using InterCluster.Core.Naming;
using InterCluster.Core.Webhooks;
using InterCluster.Storage.Tests.Harness;

namespace InterCluster.Storage.Tests.Conformance;

/// <summary>What the topics of deliveries have in common.</summary>
public abstract class WebhookTopic(StoreHarness store) : StoreConformance(store)
{
    protected static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    protected async Task<IReadOnlyList<ClaimedDelivery>> ClaimAsync() => (await Webhooks.ClaimAsync(Shares(), Lease, default)).Deliveries;

    protected static WebhookShares Shares() => new(100, 100, 100, 1 << 20, []);

    protected static (string, string, string?, WebhookRetries) Of(WebhookTarget target) => (target.Url, target.Authority, target.Secret, target.Retries);

    protected static DeliverySettlement Settled(ClaimedDelivery delivery, DeliveryState state, string? error = null, int? status = null) => new(
        delivery.Id, delivery.Lease, new DeliveryAttempt(delivery.Attempts + 1, StoreHarness.Start, TimeSpan.FromMilliseconds(12), status, error), state, null);

    protected NewDelivery Sync(string body, string authority = "a.example:443", string project = Some.Project) => new()
    {
        Id = Guid.CreateVersion7(Time.GetUtcNow()),
        Subject = new DeliverySubject(new FunctionId(new AppId(project, "app"), "work"), RunId.New(Time), null, null, 200, null),
        Target = new WebhookTarget { Url = $"https://{authority}/", Authority = authority },
        ContentType = "text/plain",
        Body = Encoding.UTF8.GetBytes(body),
    };
}
