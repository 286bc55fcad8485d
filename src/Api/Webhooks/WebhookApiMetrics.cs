using System.Diagnostics.Metrics;

namespace InterCluster.Api.Webhooks;

/// <summary>What the gateway counts of webhooks.</summary>
internal sealed class WebhookApiMetrics
{
    private readonly Counter<long> _dropped;

    public WebhookApiMetrics(IMeterFactory meters) => _dropped = meters.Create("InterCluster").CreateCounter<long>(
        "intercluster.webhooks.dropped", "{delivery}", "Webhooks of sync calls that could not be stored.");

    public void Dropped() => _dropped.Add(1);
}
