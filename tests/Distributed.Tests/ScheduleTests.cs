using System.Net.Http.Json;
using InterCluster.Core.Schedules;
using InterCluster.Core.Wire;
using InterCluster.Distributed.Tests.Support;
using InterCluster.Testing.Postgres;
using InterCluster.Testing.RabbitMq;

namespace InterCluster.Distributed.Tests;

/// <summary>Schedules with more than one dispatcher on one PostgreSQL: each has its own timer, and each fire time one run.</summary>
public sealed class ScheduleTests(RabbitMqServer broker, PostgresServer database) : IAsyncLifetime
{
    private const int Fires = 8;

    // No sweep in between: what fires is the timer.
    private const string Quiet = "InterCluster:Dispatcher:SweepPeriod=00:00:10";

    private Cluster _cluster = null!;

    private TestServer Gateway => _cluster.Gateway;

    public async ValueTask InitializeAsync() => _cluster = await Cluster.WithGatewayAsync(broker, database);

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task Two_dispatchers_fire_each_time_once_and_within_a_second()
    {
        // Nothing carries the runs out: what counts is that there are as many as fire times.
        await Gateway.DeployAsync("app", "http://127.0.0.1:9");
        await using TestServer first = await _cluster.StartAsync("dispatcher", Quiet);
        await using TestServer second = await _cluster.StartAsync("dispatcher", Quiet);
        await Gateway.PutScheduleAsync("beat", new { cron = "* * * * * *", app = "app", function = "work", misfire = "all" });

        await Until.TrueAsync(async () => (await FiresAsync()).Count >= Fires, "the schedule fires");
        await Gateway.PostScheduleAsync("beat/pause");
        IReadOnlyList<ScheduleFireView> fires = await FiresAsync();
        RunListView runs = (await Gateway.Client.GetFromJsonAsync<RunListView>($"/api/v1/projects/{TestServer.Project}/runs?limit=1000", WireJson.Options))!;

        Assert.All(fires, f => Assert.Equal(FireOutcome.Fired, f.Outcome));
        Assert.Equal(Enumerable.Range(0, fires.Count).Select(i => fires[0].FireTime.AddSeconds(-i)), fires.Select(f => f.FireTime));
        Assert.Equal(fires.Select(f => f.RunId).Order(), runs.Runs.Select(r => r.RunId).Order());
        TimeSpan[] late = [.. fires.Select(f => f.At - f.FireTime).Order()];
        TestContext.Current.TestOutputHelper?.WriteLine($"Late: {late[late.Length / 2].TotalMilliseconds:0} ms (median), {late[^1].TotalMilliseconds:0} ms (most).");
        Assert.All(late, l => Assert.InRange(l, TimeSpan.Zero, TimeSpan.FromSeconds(1)));
        // Both ticked: of one alone this would tell nothing.
        Assert.True(first.Metric("intercluster.schedules.ticks") > 1 && second.Metric("intercluster.schedules.ticks") > 1);
        Assert.Equal(fires.Count, first.Metric("intercluster.schedules.fires") + second.Metric("intercluster.schedules.fires"));
    }

    private async Task<IReadOnlyList<ScheduleFireView>> FiresAsync() => await Gateway.HistoryAsync("beat");
}
