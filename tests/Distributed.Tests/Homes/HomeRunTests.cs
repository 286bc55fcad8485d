using InterCluster.Core.Apps;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;
using InterCluster.Distributed.Tests.Support;
using InterCluster.Testing.Postgres;
using InterCluster.Testing.RabbitMq;
using InterCluster.Workers.Tests.Harness;
using Microsoft.AspNetCore.Http;

namespace InterCluster.Distributed.Tests.Homes;

/// <summary>Runs that a worker of one gateway's process has claimed, of an app whose home is another.</summary>
public sealed class HomeRunTests(RabbitMqServer broker, PostgresServer database)
{
    private const string AllRoles = "api,dispatcher,workers";

    [Fact]
    public async Task Runs_are_carried_out_by_the_home_whichever_process_claims_them_and_the_limit_holds()
    {
        await using Function function = await Function.StartAsync(async (context, _) =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
            await context.Response.WriteAsync("done");
        });
        await using Cluster cluster = await Cluster.EmptyAsync(broker, database);
        await using TestServer first = await cluster.StartAsync(AllRoles);
        await using TestServer second = await cluster.StartAsync(AllRoles);
        await first.DeployAsync("app", function.Address, "[intercluster.scaling]\nreplica_concurrency = 3\n");
        await Until.TrueAsync(() => Task.FromResult(second.Get<AppCatalog>().TryGet(new AppId(TestServer.Project, "app"), out _)), "the other process knows the app");

        string[] ids = [.. await Task.WhenAll(Enumerable.Range(0, 200).Select(i => (i % 2 == 0 ? first : second).SubmitAsync("app")))];
        RunView[] runs = await Task.WhenAll(ids.Select(id => first.EndAsync(id)));

        Assert.All(runs, run => Assert.Equal((RunState.Succeeded, 1), (run.State, run.Attempt)));
        Assert.Equal(200, function.Calls.Count);
        Assert.InRange(function.MostInFlight, 1, 3);
        Assert.True(first.Metric("intercluster.homes.hops") + second.Metric("intercluster.homes.hops") > 0, "no run was passed on");
    }
}
