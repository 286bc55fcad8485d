using InterCluster.Distributed.Tests.Support;
using InterCluster.Testing.Postgres;
using InterCluster.Workers.Tests.Harness;
using Microsoft.AspNetCore.Http;

namespace InterCluster.Distributed.Tests.Homes;

/// <summary>A limit counted inside the replica, under calls through all gateways, whatever becomes of the home.</summary>
public sealed class HomeLimitTests(PostgresServer database)
{
    private const int Limit = 3;
    private const string Path = $"/v4/{GatewayProcess.Project}/app/work";
    private static readonly TimeSpan Takeover = TimeSpan.FromSeconds(4 + 2 + 8); // Lease, rest, and a machine that is busy.

    [Fact]
    public async Task A_limit_holds_with_three_gateways_with_the_home_killed_and_with_one_paused_past_its_lease()
    {
        await using Function function = await SlowAsync();
        await using Gateways gateways = await Gateways.StartAsync(database, 3);
        await gateways.DeployAsync("app", function.Address, $"[intercluster.scaling]\nreplica_concurrency = {Limit}\n");
        List<GatewayProcess> alive = [.. gateways.All];
        await using (var load = new Load(24, Path, () => gateways.InTurn(alive)))
        {
            await load.ReachAsync(150, TimeSpan.FromSeconds(20));
            Assert.Empty(load.Failures);
            Assert.Equal(Limit, function.MostInFlight);
            Assert.True((await Task.WhenAll(gateways.All.Select(g => g.MetricAsync("intercluster_homes_hops", "passed")))).Sum() > 0);

            GatewayProcess killed = await gateways.HomeAsync("app", gateways.All[0]);
            alive = [.. gateways.All.Where(g => g != killed)];
            await killed.KillAsync();
            await load.ReachAsync(50, Takeover);
            await load.ReachAsync(50, TimeSpan.FromSeconds(10));
            Assert.InRange(function.MostInFlight, 1, Limit);

            GatewayProcess paused = await gateways.HomeAsync("app", alive[0]);
            GatewayProcess last = alive.Single(g => g != paused);
            alive = [last];
            paused.Pause();
            await load.ReachAsync(50, Takeover);
            Assert.Equal(last, await gateways.HomeAsync("app", last));
            paused.Resume();
            alive = [last, paused];
            await load.ReachAsync(100, TimeSpan.FromSeconds(20));
        }

        Assert.InRange(function.MostInFlight, 1, Limit);
    }

    [Fact]
    public async Task Draining_all_gateways_but_one_under_load_fails_no_call()
    {
        await using Function function = await SlowAsync();
        await using Gateways gateways = await Gateways.StartAsync(database, 3, "InterCluster:Gateway:DrainDelay=00:00:01");
        await gateways.DeployAsync("app", function.Address, $"[intercluster.scaling]\nreplica_concurrency = {Limit}\n");
        List<GatewayProcess> ready = [.. gateways.All];
        await using (var load = new Load(24, Path, () => gateways.InTurn(ready)))
        {
            await load.ReachAsync(60, TimeSpan.FromSeconds(20));
            // The home first, and whoever is it then: both times the app moves.
            for (int i = 0; i < 2; i++)
            {
                GatewayProcess home = await gateways.HomeAsync("app", ready[0]);
                home.Terminate();
                // As a load balancer does: it looks, and what is not ready gets no new calls.
                await Until.TrueAsync(async () => !await IsReadyAsync(home), "readiness is off");
                ready = [.. ready.Where(g => g != home)];
                await home.ExitedAsync().WaitAsync(TimeSpan.FromSeconds(30));
                await load.ReachAsync(40, TimeSpan.FromSeconds(15));
            }

            Assert.Empty(load.Failures);
        }

        Assert.Equal(Limit, function.MostInFlight);
    }

    [Fact]
    public async Task A_database_that_is_away_for_longer_than_the_lease_stops_no_call()
    {
        await using Function function = await SlowAsync();
        await using var own = new PostgresServer();
        await using Gateways gateways = await Gateways.StartAsync(own, 2);
        await gateways.DeployAsync("app", function.Address, $"[intercluster.scaling]\nreplica_concurrency = {Limit}\n");
        GatewayProcess home = await gateways.HomeAsync("app", gateways.All[0]);
        await using (var load = new Load(12, Path, () => gateways.InTurn(gateways.All)))
        {
            await load.ReachAsync(50, TimeSpan.FromSeconds(20));
            await own.KillAsync();
            await Task.Delay(TimeSpan.FromSeconds(7), TimeProvider.System);
            await load.ReachAsync(50, TimeSpan.FromSeconds(4));
            await own.StartAgainAsync();
            await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System);
            await load.ReachAsync(50, TimeSpan.FromSeconds(10));
            Assert.Empty(load.Failures);
        }

        Assert.Equal(Limit, function.MostInFlight);
        Assert.Equal(home, await gateways.HomeAsync("app", gateways.All[0]));
    }

    private static Task<Function> SlowAsync() => Function.StartAsync(async (context, _) =>
    {
        await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        await context.Response.WriteAsync("done");
    });

    private static async Task<bool> IsReadyAsync(GatewayProcess gateway)
    {
        try
        {
            using HttpResponseMessage answer = await gateway.Control.GetAsync("/readyz");
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
