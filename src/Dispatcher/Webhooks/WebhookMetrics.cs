using System.Diagnostics.Metrics;
using InterCluster.Core.Webhooks;

namespace InterCluster.Dispatcher.Webhooks;

/// <summary>What the sender of webhooks counts.</summary>
internal sealed class WebhookMetrics
{
    private readonly Counter<long> _ended;
    private readonly Histogram<double> _attempts;
    private readonly Counter<long> _lost;
    private long _pending;

    public WebhookMetrics(IMeterFactory meters)
    {
        Meter meter = meters.Create("InterCluster");
        _ended = meter.CreateCounter<long>("intercluster.webhooks.ended", "{delivery}", "Deliveries that were accepted or given up, by state.");
        _attempts = meter.CreateHistogram<double>("intercluster.webhooks.attempt.duration", "s", "Attempts to deliver, by how they ended.");
        _lost = meter.CreateCounter<long>("intercluster.webhooks.unsettled", "{delivery}", "Attempts that could not be recorded: the delivery is sent again.");
        meter.CreateObservableGauge("intercluster.webhooks.pending", () => Interlocked.Read(ref _pending), "{delivery}", "Deliveries that wait or are being sent.");
    }

    public void Settled(DeliverySettlement settlement)
    {
        _attempts.Record(settlement.Attempt.Took.TotalSeconds, new KeyValuePair<string, object?>("result", settlement.Attempt.Error ?? "accepted"));
        if (settlement.State != DeliveryState.Pending)
        {
            _ended.Add(1, new KeyValuePair<string, object?>("state", settlement.State == DeliveryState.Delivered ? "delivered" : "dead"));
        }
    }

    public void Unsettled() => _lost.Add(1);

    public void Pending(long count) => Interlocked.Exchange(ref _pending, count);
}
