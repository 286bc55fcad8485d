using InterCluster.Api.Routing;
using InterCluster.Core.Admission;
using InterCluster.Core.Apps;
using InterCluster.Core.Naming;
using InterCluster.Core.Routing;

namespace InterCluster.Api.Tests.Routing;

/// <summary>What finding a route may cost in garbage: nothing, with ten apps and with ten thousand.</summary>
public sealed class RouteAllocationTests
{
    private const int Calls = 1000;

    [Theory]
    [InlineData(10)]
    [InlineData(10_000)]
    public void Target_is_cut_and_its_route_found_without_allocating(int apps)
    {
        var catalog = new AppCatalog();
        for (int i = 0; i < apps; i++)
        {
            catalog.Put(new Revision(
                new AppId("p-one", $"app-{i}"), 1, new AppConfig { Name = $"app-{i}", Runtime = new RuntimeConfig() }, DateTimeOffset.UnixEpoch, "test"));
        }

        using var table = new RouteTable(catalog, new AdmissionDirectory(TimeProvider.System, new Random(1)));
        string target = $"/v4/p-one/app-{apps / 2}/paint/it?shapes=250";

        Assert.Equal(0, Allocated(() => Find(table, target)));
    }

    private static void Find(RouteTable table, string target)
    {
        RequestTarget cut = RequestTarget.ParsePath(target);
        if (!table.TryFind(cut.Key, out AppRoute? route) || route.FunctionName(cut.Function) != "paint")
        {
            throw new InvalidOperationException("The route is not found.");
        }
    }

    private static long Allocated(Action action)
    {
        for (int i = 0; i < Calls; i++)
        {
            action(); // Warm: names known, code compiled.
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Calls; i++)
        {
            action();
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
