using System.Net;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;
using InterCluster.Distributed.Tests.Support;
using InterCluster.Testing.Machines;
using InterCluster.Testing.Postgres;
using InterCluster.Workers.Tests.Harness;
using Microsoft.AspNetCore.Http;

namespace InterCluster.Distributed.Tests;

/// <summary>RELIABILITY L10: a database that is far, busy, or takes what is sent and says nothing. Sync calls do not notice.</summary>
public sealed class SlowDatabaseTests(PostgresServer server) : IAsyncLifetime
{
    private const int Calls = 200;
    private static readonly TimeSpan CommandTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Far = TimeSpan.FromMilliseconds(200);

    private PostgresTestDatabase _database = null!;
    private TcpProxy _way = null!;
    private Function _function = null!;
    private TestServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _database = await server.NewDatabaseAsync();
        _way = new TcpProxy(_database.Port);
        _function = await Function.StartAsync((context, _) => context.Response.WriteAsync("done"));
        _server = await TestServer.StartAsync(
            null,
            $"InterCluster:Storage:Postgres:ConnectionString={_database.ConnectionStringBy(_way.Port)}",
            $"InterCluster:Storage:Postgres:CommandTimeout={CommandTimeout}",
            "InterCluster:Storage:Postgres:ConnectTimeout=00:00:01",
            "InterCluster:Workers:LookEvery=00:00:00.5");
        await _server.DeployAsync("app", _function.Address, "[intercluster.scaling]\nreplica_concurrency = 50\n");
        await _server.EndAsync(await _server.SubmitAsync("app"));
    }

    public async ValueTask DisposeAsync()
    {
        _way.Heal();
        await _server.DisposeAsync();
        await _function.DisposeAsync();
        await _way.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task Sync_calls_do_not_wait_for_a_database_that_is_far_and_runs_are_taken_all_the_same()
    {
        _way.Delay = Far;

        Task<(HttpStatusCode Status, TimeSpan Took)[]> runs = Task.WhenAll(Enumerable.Range(0, Calls).Select(_ => SubmitAsync()));
        List<TimeSpan> sync = await CallAsync(Calls);

        Assert.All(await runs, run => Assert.Equal(HttpStatusCode.Accepted, run.Status));
        Assert.InRange((await runs).Min(run => run.Took), Far, TimeSpan.MaxValue);
        // None of them went to the database.
        Assert.InRange(sync[Calls * 99 / 100], TimeSpan.Zero, Far);
    }

    [Fact]
    public async Task A_database_that_swallows_everything_is_503_in_bounded_time_and_sync_calls_go_on()
    {
        _way.Swallow();
        long began = TimeProvider.System.GetTimestamp();
        // More than there are connections: they wait for one another, and are given up together.
        Task<(HttpStatusCode Status, TimeSpan Took)[]> runs = Task.WhenAll(Enumerable.Range(0, Calls).Select(_ => SubmitAsync()));
        List<TimeSpan> sync = await CallAsync(Calls);
        long pending = ThreadPool.PendingWorkItemCount;

        Assert.All(await runs, run => Assert.Equal(HttpStatusCode.ServiceUnavailable, run.Status));
        // What is under way, and what waited behind it.
        Assert.InRange((await runs).Max(run => run.Took), TimeSpan.Zero, 3 * CommandTimeout + TimeSpan.FromSeconds(2));
        Assert.InRange(sync[Calls * 99 / 100], TimeSpan.Zero, TimeSpan.FromSeconds(1));
        Assert.InRange(pending, 0, 100);

        _way.Heal();
        await Until.TrueAsync(async () => (await SubmitAsync()).Status == HttpStatusCode.Accepted, "runs are taken again");
        Assert.Equal(RunState.Succeeded, (await _server.EndAsync(await _server.SubmitAsync("app"))).State);
        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(30));
    }

    private async Task<(HttpStatusCode Status, TimeSpan Took)> SubmitAsync()
    {
        long began = TimeProvider.System.GetTimestamp();
        using HttpResponseMessage answer = await _server.Client.PostAsync($"/v4/{TestServer.Project}/app/work?async=true", new StringContent("hello"));
        if (answer.StatusCode == HttpStatusCode.ServiceUnavailable)
        {
            Assert.NotNull(answer.Headers.RetryAfter);
            Assert.Contains(ProblemCodes.StoreUnavailable, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        return (answer.StatusCode, TimeProvider.System.GetElapsedTime(began));
    }

    private async Task<List<TimeSpan>> CallAsync(int calls)
    {
        var took = new List<TimeSpan>();
        for (int i = 0; i < calls; i++)
        {
            long began = TimeProvider.System.GetTimestamp();
            using HttpResponseMessage answer = await _server.Client.GetAsync($"/v4/{TestServer.Project}/app/now");
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            took.Add(TimeProvider.System.GetElapsedTime(began));
        }

        took.Sort();
        return took;
    }
}
