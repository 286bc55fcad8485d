using System.Diagnostics.Metrics;

namespace InterCluster.Storage.GroupCommit;

/// <summary>What the store measures of itself.</summary>
internal sealed class StorageMetrics
{
    private readonly Meter _meter;
    private readonly Histogram<double> _duration;
    private readonly Histogram<int> _operations;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _failed;

    public StorageMetrics(IMeterFactory meters)
    {
        _meter = meters.Create("InterCluster");
        _duration = _meter.CreateHistogram<double>("intercluster.storage.flush.duration", "s", "Time to apply and commit one group.");
        _operations = _meter.CreateHistogram<int>("intercluster.storage.flush.operations", "{operation}", "Calls committed together.");
        _refused = _meter.CreateCounter<long>("intercluster.storage.refused", "{operation}", "Calls refused because the queue was full or closed.");
        _failed = _meter.CreateCounter<long>("intercluster.storage.flush.failures", "{flush}", "Groups that could not be committed.");
    }

    public void Watch(Func<long> queued) =>
        _meter.CreateObservableGauge("intercluster.storage.queue", queued, "{operation}", "Changes that wait to be committed.");

    public void Flushed(TimeSpan duration, int operations)
    {
        _duration.Record(duration.TotalSeconds);
        _operations.Record(operations);
    }

    public void Refused() => _refused.Add(1);

    public void Failed() => _failed.Add(1);
}
