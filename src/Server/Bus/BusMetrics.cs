using System.Diagnostics.Metrics;

namespace InterCluster.Server.Bus;

/// <summary>What is known of the broker.</summary>
internal sealed class BusMetrics
{
    private long _deadLetters;
    private int _reachable;

    public BusMetrics(IMeterFactory meters)
    {
        Meter meter = meters.Create("InterCluster");
        meter.CreateObservableGauge("intercluster.bus.dead_letters", () => Volatile.Read(ref _deadLetters), "{message}", "Messages that could not be dealt with.");
        meter.CreateObservableGauge("intercluster.bus.reachable", () => Volatile.Read(ref _reachable), "{broker}", "1 while the broker answers, else 0.");
    }

    public void Read(long deadLetters)
    {
        Volatile.Write(ref _deadLetters, deadLetters);
        Volatile.Write(ref _reachable, 1);
    }

    public void Unreachable() => Volatile.Write(ref _reachable, 0);
}
