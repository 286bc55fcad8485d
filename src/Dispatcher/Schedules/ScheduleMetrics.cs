using System.Diagnostics.Metrics;
using InterCluster.Core.Schedules;

namespace InterCluster.Dispatcher.Schedules;

/// <summary>What the dispatcher counts of schedules.</summary>
internal sealed class ScheduleMetrics
{
    private readonly Counter<long> _fires;
    private readonly Counter<long> _missed;
    private readonly Counter<long> _failures;
    private readonly Counter<long> _ticks;
    private readonly Histogram<double> _lateness;

    public ScheduleMetrics(IMeterFactory meters)
    {
        Meter meter = meters.Create("InterCluster");
        _fires = meter.CreateCounter<long>("intercluster.schedules.fires", "{fire_time}", "Fire times that were settled, by what became of them.");
        _missed = meter.CreateCounter<long>("intercluster.schedules.missed", "{fire_time}", "Fire times that were left out because they had been missed.");
        _ticks = meter.CreateCounter<long>("intercluster.schedules.ticks", "{tick}", "Ticks: times that the schedules were looked through.");
        _lateness = meter.CreateHistogram<double>("intercluster.schedules.lateness", "s", "From a fire time to its run.");
        _failures = meter.CreateCounter<long>("intercluster.schedules.failures", "{tick}", "Schedules that could not be looked at in a tick.");
    }

    public void Fired(FireOutcome outcome, TimeSpan late)
    {
        _fires.Add(1, new KeyValuePair<string, object?>("outcome", outcome switch
        {
            FireOutcome.Fired => "fired",
            FireOutcome.Waiting => "waiting",
            _ => "skipped_overlap",
        }));
        if (outcome == FireOutcome.Fired)
        {
            _lateness.Record(late.TotalSeconds);
        }
    }

    public void Ticked() => _ticks.Add(1);

    public void Missed(int count) => _missed.Add(count);

    public void Failed() => _failures.Add(1);
}
