using System.Diagnostics.Metrics;

namespace InterCluster.Api.Homes;

/// <summary>The instruments of homes.</summary>
internal sealed class HomesMetrics
{
    private readonly Counter<long> _taken;
    private readonly Counter<long> _left;
    private readonly Counter<long> _hops;
    private readonly Counter<long> _renewals;
    private Func<int> _held = () => 0;

    public HomesMetrics(IMeterFactory meters)
    {
        Meter meter = meters.Create("InterCluster");
        meter.CreateObservableGauge("intercluster.homes.held", () => _held(), "{app}", "Apps whose home this gateway is.");
        _taken = meter.CreateCounter<long>("intercluster.homes.taken", "{app}", "Homes that this gateway took: free ones, and lost ones whose gateway did not hand over.");
        _left = meter.CreateCounter<long>("intercluster.homes.left", "{app}", "Homes that this gateway handed over or lost.");
        _hops = meter.CreateCounter<long>("intercluster.homes.hops", "{call}", "Calls passed on to the home of their app, by how that ended.");
        _renewals = meter.CreateCounter<long>("intercluster.homes.renewals", "{renewal}", "Renewals of the gateway's lease, by how they ended.");
    }

    public void Watch(Func<int> held) => _held = held;

    public void Taken(bool lost) => _taken.Add(1, Tag("how", lost ? "lost" : "free"));

    public void Left(int count, bool lost) => _left.Add(count, Tag("how", lost ? "lost" : "handed_over"));

    public void Hopped(string result) => _hops.Add(1, Tag("result", result));

    public void Renewed(string result) => _renewals.Add(1, Tag("result", result));

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
