using System.Diagnostics.Metrics;
using InterCluster.Core.Naming;

namespace InterCluster.Api.Runs;

/// <summary>What the gateway counts of runs.</summary>
internal sealed class RunMetrics
{
    private readonly Counter<long> _submitted;
    private readonly Counter<long> _announced;
    private readonly Counter<long> _dropped;

    public RunMetrics(IMeterFactory meters)
    {
        Meter meter = meters.Create("InterCluster");
        _submitted = meter.CreateCounter<long>("intercluster.runs.submitted", "{run}", "Async calls by what became of them.");
        _announced = meter.CreateCounter<long>("intercluster.runs.announced", "{run}", "Runs announced on the bus.");
        _dropped = meter.CreateCounter<long>("intercluster.runs.announcements_dropped", "{run}", "Announcements lost; the sweep finds their runs.");
    }

    public void Submitted(AppId app, string outcome, int runs = 1)
    {
        if (runs > 0)
        {
            _submitted.Add(runs, new("project", app.Project), new("app", app.App), new("outcome", outcome));
        }
    }

    public void Announced(int runs) => _announced.Add(runs);

    public void Dropped(int runs, string reason) => _dropped.Add(runs, new KeyValuePair<string, object?>("reason", reason));
}
