using System.Diagnostics.Metrics;
using InterCluster.Core.Admission;
using InterCluster.Core.Naming;

namespace InterCluster.Api.Gateway;

/// <summary>The gateway's instruments. Gauges are read from the live ledger, never counted up and down.</summary>
internal sealed class GatewayMetrics
{
    private static readonly string[] Statuses = [.. Enumerable.Range(0, 600).Select(s => s.ToString(System.Globalization.CultureInfo.InvariantCulture))];
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _queued;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _coldStarts;
    private readonly Counter<long> _abandoned;

    public GatewayMetrics(IMeterFactory meters, IAdmissionDirectory admissions)
    {
        Meter meter = meters.Create("InterCluster");
        _duration = meter.CreateHistogram<double>("intercluster.gateway.request.duration", "s", "Time from a call's arrival to the end of its response.");
        _queued = meter.CreateHistogram<double>("intercluster.gateway.queue.duration", "s", "Time that a call waited for a slot, of those that waited.");
        _refused = meter.CreateCounter<long>("intercluster.gateway.refusals", "{call}", "Calls that the gateway answered itself, by code.");
        _coldStarts = meter.CreateCounter<long>("intercluster.gateway.cold_starts", "{call}", "Calls that found no ready replica.");
        _abandoned = meter.CreateCounter<long>("intercluster.gateway.abandoned", "{call}", "Calls that ended before the replica had answered in full.");
        Gauge(meter, "intercluster.app.in_flight", "Slots held.", admissions, d => d.InFlight);
        Gauge(meter, "intercluster.app.waiting", "Calls in the queue.", admissions, d => d.Waiting);
        Gauge(meter, "intercluster.app.waiting_bytes", "Request bytes held by the queue.", admissions, d => d.WaitingBytes);
        Gauge(meter, "intercluster.app.slots", "Slots of ready replicas.", admissions, d => d.Capacity);
        Gauge(meter, "intercluster.app.ready_replicas", "Replicas that may be given calls.", admissions, d => d.ReadyReplicas);
    }

    public void Completed(AppId app, int status, TimeSpan duration) =>
        _duration.Record(duration.TotalSeconds, Tag("project", app.Project), Tag("app", app.App), Tag("status", Statuses[Math.Clamp(status, 0, 599)]));

    public void Queued(AppId app, TimeSpan waited, bool coldStart)
    {
        _queued.Record(waited.TotalSeconds, Tag("project", app.Project), Tag("app", app.App));
        if (coldStart)
        {
            _coldStarts.Add(1, Tag("project", app.Project), Tag("app", app.App));
        }
    }

    public void Refused(string code) => _refused.Add(1, Tag("code", code));

    public void Abandoned(AppId app) => _abandoned.Add(1, Tag("project", app.Project), Tag("app", app.App));

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);

    private static void Gauge(Meter meter, string name, string description, IAdmissionDirectory admissions, Func<AdmissionDemand, long> read) =>
        meter.CreateObservableGauge(
            name,
            () => admissions.All.Select(a => new Measurement<long>(read(a.Demand), Tag("project", a.App.Project), Tag("app", a.App.App))),
            unit: null,
            description);
}
