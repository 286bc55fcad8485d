using System.Diagnostics;
using System.Diagnostics.Metrics;
using InterCluster.Core.Naming;

namespace InterCluster.Replicas;

/// <summary>What replicas do, in numbers.</summary>
internal sealed class ReplicaMetrics
{
    private readonly Counter<long> _starts;
    private readonly Counter<long> _ready;
    private readonly Counter<long> _crashes;
    private readonly UpDownCounter<long> _live;
    private readonly Histogram<double> _coldStart;

    public ReplicaMetrics(IMeterFactory meters)
    {
        Meter meter = meters.Create("InterCluster");
        _starts = meter.CreateCounter<long>("intercluster.replicas.starts", "{start}", "Replicas that were started");
        _ready = meter.CreateCounter<long>("intercluster.replicas.ready", "{replica}", "Replicas that became ready for the first time");
        _crashes = meter.CreateCounter<long>("intercluster.replicas.crashes", "{crash}", "Replicas that could not be started, never became ready, or ended by themselves");
        _live = meter.CreateUpDownCounter<long>("intercluster.replicas.live", "{replica}", "Replicas between their start and their end");
        _coldStart = meter.CreateHistogram("intercluster.replicas.cold_start", "s", "From the decision to start a replica until it is ready",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300] });
    }

    public void Started(AppId app)
    {
        _starts.Add(1, Tags(app));
        _live.Add(1, Tags(app));
    }

    public void TakenOver(AppId app) => _live.Add(1, Tags(app));

    public void BecameReady(AppId app, TimeSpan after)
    {
        _ready.Add(1, Tags(app));
        _coldStart.Record(after.TotalSeconds, Tags(app));
    }

    public void Ended(AppId app, bool crashed)
    {
        _live.Add(-1, Tags(app));
        if (crashed)
        {
            _crashes.Add(1, Tags(app));
        }
    }

    private static TagList Tags(AppId app) => new() { { "project", app.Project }, { "app", app.App } };
}
