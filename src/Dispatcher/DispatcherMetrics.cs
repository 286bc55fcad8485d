using System.Diagnostics.Metrics;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Dispatcher.Depths;

namespace InterCluster.Dispatcher;

/// <summary>What the dispatcher counts.</summary>
internal sealed class DispatcherMetrics
{
    private readonly Counter<long> _routed;
    private readonly Counter<long> _unrouted;
    private readonly Counter<long> _swept;
    private readonly Counter<long> _announcedAgain;
    private readonly Counter<long> _failed;
    private readonly Counter<long> _decisions;

    public DispatcherMetrics(IMeterFactory meters, RunDepths depths)
    {
        Meter meter = meters.Create("InterCluster");
        _routed = meter.CreateCounter<long>("intercluster.dispatcher.routed", "{run}", "Runs put on their function's queue.");
        _unrouted = meter.CreateCounter<long>(
            "intercluster.dispatcher.unrouted", "{message}", "Messages that no queue took: none is there yet, it is full, or the bus is down. The sweep announces their runs again.");
        _swept = meter.CreateCounter<long>("intercluster.dispatcher.swept", "{run}", "Runs that the sweep moved, by what it did.");
        _announcedAgain = meter.CreateCounter<long>("intercluster.dispatcher.announced_again", "{function}", "Functions whose queued runs were announced again.");
        _failed = meter.CreateCounter<long>("intercluster.dispatcher.failed_passes", "{pass}", "Passes of a loop that ended in an exception.");
        _decisions = meter.CreateCounter<long>("intercluster.scaling.changes", "{change}", "Changes of an app's desired replicas.");
        meter.CreateObservableGauge("intercluster.runs.depth", () => Depths(depths), "{run}", "Runs of an app that are not terminal, by state.");
    }

    public void Routed(int runs) => _routed.Add(runs);

    public void Unrouted() => _unrouted.Add(1);

    public void Swept(SweepResult result)
    {
        Add(result.Due, "due");
        Add(result.Expired, "lease_expired");
        Add(result.Dead, "dead");
        Add(result.TooOld, "too_old");
    }

    public void AppDeleted(int runs) => Add(runs, "app_deleted");

    public void AnnouncedAgain(int functions) => _announcedAgain.Add(functions);

    public void PassFailed(string loop) => _failed.Add(1, new KeyValuePair<string, object?>("loop", loop));

    public void Scaled(AppId app, bool up) =>
        _decisions.Add(1, new("project", app.Project), new("app", app.App), new("direction", up ? "up" : "down"));

    private static IEnumerable<Measurement<long>> Depths(RunDepths depths)
    {
        foreach ((AppId app, AppDepth depth) in depths.Current.Apps)
        {
            yield return new(depth.Scheduled, new("project", app.Project), new("app", app.App), new("state", "scheduled"));
            yield return new(depth.Queued, new("project", app.Project), new("app", app.App), new("state", "queued"));
            yield return new(depth.Running, new("project", app.Project), new("app", app.App), new("state", "running"));
        }
    }

    private void Add(int runs, string what)
    {
        if (runs > 0)
        {
            _swept.Add(runs, new KeyValuePair<string, object?>("what", what));
        }
    }
}
