using System.Diagnostics.Metrics;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Workers.Leases;

namespace InterCluster.Workers;

/// <summary>What workers count.</summary>
internal sealed class WorkerMetrics
{
    private readonly Counter<long> _claimed;
    private readonly Counter<long> _settled;
    private readonly Counter<long> _stale;
    private readonly Counter<long> _lost;
    private readonly Counter<long> _aborted;
    private readonly Counter<long> _renewed;
    private readonly Counter<long> _dropped;
    private readonly Histogram<double> _queueTime;
    private readonly UpDownCounter<long> _queues;
    private readonly Counter<long> _restarts;
    private int _down;

    public WorkerMetrics(IMeterFactory meters, HeldRuns held)
    {
        Meter meter = meters.Create("InterCluster");
        _claimed = meter.CreateCounter<long>("intercluster.worker.claimed", "{run}", "Runs claimed.");
        _settled = meter.CreateCounter<long>("intercluster.worker.settled", "{run}", "Attempts settled, by the run's next state.");
        _stale = meter.CreateCounter<long>("intercluster.worker.stale_settlements", "{run}", "Settlements refused because the lease was not current.");
        _lost = meter.CreateCounter<long>("intercluster.worker.lost_settlements", "{run}", "Settlements given up because the store could not commit.");
        _aborted = meter.CreateCounter<long>("intercluster.worker.aborted", "{run}", "Calls aborted, by reason.");
        _renewed = meter.CreateCounter<long>("intercluster.worker.renewed", "{run}", "Leases renewed.");
        _dropped = meter.CreateCounter<long>("intercluster.worker.overflowed", "{run}", "Announced runs left to a later claim.");
        _queueTime = meter.CreateHistogram(
            "intercluster.run.queue_time", "s", "From ready to claimed.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800] });
        _queues = meter.CreateUpDownCounter<long>("intercluster.worker.queues", "{queue}", "Function queues that are connected.");
        _restarts = meter.CreateCounter<long>("intercluster.worker.queue_restarts", "{queue}", "Queues that were connected anew because nobody consumed from them.");
        meter.CreateObservableGauge("intercluster.worker.queues_down", () => Volatile.Read(ref _down), "{queue}", "Connected queues that are not consumed from.");
        meter.CreateObservableGauge("intercluster.worker.held", () => held.Count, "{run}", "Runs that this worker holds the lease of.");
    }

    public void Claimed(IReadOnlyList<ClaimedRun> runs, DateTimeOffset now)
    {
        foreach (ClaimedRun run in runs)
        {
            _claimed.Add(1, Tags(run.Function.App));
            if (run.ReadyAt is { } ready)
            {
                _queueTime.Record(Math.Max(0, (now - ready).TotalSeconds), Tags(run.Function.App));
            }
        }
    }

    public void Settled(AppId app, Settlement settlement, bool accepted)
    {
        if (accepted)
        {
            string state = settlement.NotAnAttempt ? "given_back" : settlement.State.ToString().ToLowerInvariant();
            _settled.Add(1, new("project", app.Project), new("app", app.App), new("state", state));
        }
        else
        {
            _stale.Add(1, Tags(app));
        }
    }

    public void SettlementLost(AppId app) => _lost.Add(1, Tags(app));

    public void Aborted(AppId app, AbortReason reason) =>
        _aborted.Add(1, new("project", app.Project), new("app", app.App), new("reason", reason.ToString().ToLowerInvariant()));

    public void Renewed(int runs) => _renewed.Add(runs);

    public void Overflowed(int runs) => _dropped.Add(runs);

    public void QueueRestarted(AppId app) => _restarts.Add(1, Tags(app));

    public void QueuesDown(int count) => Volatile.Write(ref _down, count);

    public void QueueConnected() => _queues.Add(1);

    public void QueueDisconnected() => _queues.Add(-1);

    private static KeyValuePair<string, object?>[] Tags(AppId app) => [new("project", app.Project), new("app", app.App)];
}
