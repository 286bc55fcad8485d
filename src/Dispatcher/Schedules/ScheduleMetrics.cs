using System.Diagnostics.Metrics;
using InterCluster.Core.Schedules;

namespace InterCluster.Dispatcher.Schedules;

/// <summary>What the dispatcher counts of schedules.</summary>
internal sealed class ScheduleMetrics
{
    private readonly Counter<long> _fires;
    private readonly Counter<long> _missed;
    private readonly Counter<long> _failures;

    public ScheduleMetrics(IMeterFactory meters)
    {
        Meter meter = meters.Create("InterCluster");
        _fires = meter.CreateCounter<long>("intercluster.schedules.fires", "{fire_time}", "Fire times that were settled, by what became of them.");
        _missed = meter.CreateCounter<long>("intercluster.schedules.missed", "{fire_time}", "Fire times that were left out because they had been missed.");
        _failures = meter.CreateCounter<long>("intercluster.schedules.failures", "{tick}", "Schedules that could not be looked at in a tick.");
    }

    public void Fired(FireOutcome outcome) => _fires.Add(1, new KeyValuePair<string, object?>("outcome", outcome switch
    {
        FireOutcome.Fired => "fired",
        FireOutcome.Waiting => "waiting",
        _ => "skipped_overlap",
    }));

    public void Missed(int count) => _missed.Add(count);

    public void Failed() => _failures.Add(1);
}
