using InterCluster.Api.Tests.Gateway;
using InterCluster.Api.Tests.Runs;
using InterCluster.Api.Webhooks;
using InterCluster.Core.Egress;
using InterCluster.Core.Webhooks;
using Microsoft.Extensions.DependencyInjection;

namespace InterCluster.Api.Tests.Webhooks;

/// <summary>The run API under the strict rules for addresses, with calls that name a webhook. Nothing is sent here: the tests claim and settle deliveries themselves.</summary>
internal sealed class WebhookApi(RunApi runs) : IAsyncDisposable
{
    public const string Hook = "https://hooks.example/take?token=t0ken";
    public const string Secret = "s3cret-s3cret";

    /// <summary>Where deliveries and receivers are shown.</summary>
    public const string Shown = $"/api/v1/projects/{GatewayHost.Project}/webhooks";

    /// <summary>A call of the app whose answer goes to <see cref="Hook"/>.</summary>
    public static readonly string Work = WorkFor(Hook);

    public RunApi Runs => runs;

    public GatewayHost Host => runs.Host;

    public HttpClient Client => runs.Client;

    public IWebhookStore Store => runs.Host.Get<IWebhookStore>();

    public static string WorkFor(string endpoint) => $"work?webhookEndpoint={Uri.EscapeDataString(endpoint)}";

    public static async Task<WebhookApi> StartAsync(
        TestReplica? replica = null, (string Key, string? Value)? setting = null, Action<IServiceCollection>? more = null, TimeProvider? time = null)
    {
        Dictionary<string, string?>? settings = setting is { } one ? new() { [one.Key] = one.Value } : null;
        RunApi runs = await RunApi.StartAsync(
            settings,
            services =>
            {
                services.AddSingleton(EgressPolicy.Strict);
                more?.Invoke(services);
            },
            time);
        if (replica is not null)
        {
            runs.Host.AddReplica("app", replica.Address);
        }

        return new WebhookApi(runs);
    }

    public async Task<HttpResponseMessage> CallAsync(string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v4/{GatewayHost.Project}/app/{path}");
        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await Client.SendAsync(request);
    }

    /// <summary>The one delivery there is, once it is stored, claimed.</summary>
    public async Task<ClaimedDelivery> DeliveryAsync()
    {
        await Host.Get<UnstoredWebhooks>().StoredAsync().Within();
        return Assert.Single((await Store.ClaimAsync(new WebhookShares(9, 9, 9, 1 << 20, []), TimeSpan.FromMinutes(1), default)).Deliveries);
    }

    /// <summary>Its receiver has refused the delivery, for good.</summary>
    public ValueTask<bool> RefuseAsync(ClaimedDelivery delivery, TimeSpan took = default, ReceiverPatience? patience = null) => Store.SettleAsync(
        new DeliverySettlement(
            delivery.Id, delivery.Lease, new DeliveryAttempt(1, DateTimeOffset.UnixEpoch, took, 500, DeliveryErrors.Refused), DeliveryState.Dead, null)
        {
            Patience = patience,
        },
        default);

    /// <summary>The delivery's secrets as its sender opens them; what is stored does not show them.</summary>
    public string Opened(ClaimedDelivery delivery)
    {
        Assert.StartsWith("sealed:", delivery.Target.Secret, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, delivery.Target.Secret!, StringComparison.Ordinal);
        Assert.True(Host.Get<WebhookSecrets>().TryOpen(delivery.Target.Secret, out IReadOnlyList<string>? secrets));
        return string.Join(' ', secrets);
    }

    public ValueTask DisposeAsync() => runs.DisposeAsync();
}
