using InterCluster.Core.Runs;
using InterCluster.Core.Wire;
using InterCluster.Distributed.Tests.Support;
using InterCluster.Testing.RabbitMq;
using InterCluster.Workers.Tests.Harness;
using Microsoft.AspNetCore.Http;

namespace InterCluster.Distributed.Tests;

/// <summary>A broker that is down delays and refuses nothing.</summary>
public sealed class BrokerDownTests(RabbitMqServer broker) : IAsyncLifetime
{
    private static readonly Uri Nobody = new($"amqp://guest:guest@127.0.0.1:{Testing.Machines.Ports.Take()}/");

    private Function _function = null!;

    public async ValueTask InitializeAsync() => _function = await Function.StartAsync((context, _) => context.Response.WriteAsync("done"));

    public ValueTask DisposeAsync() => _function.DisposeAsync();

    [Fact]
    public async Task A_server_starts_takes_runs_carries_them_out_and_stops_without_its_broker()
    {
        long began;
        await using (TestServer server = await TestServer.StartAsync(Nobody, "InterCluster:Workers:LookEvery=00:00:00.5"))
        {
            await server.DeployAsync("app", _function.Address);
            began = TimeProvider.System.GetTimestamp();
            string id = await server.SubmitAsync("app");
            Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(2));

            Assert.Equal(RunState.Succeeded, (await server.EndAsync(id)).State);
            Assert.Equal(0, server.Metric("intercluster.bus.reachable"));
            began = TimeProvider.System.GetTimestamp();
        }

        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(25));
    }

    /// <summary>D08: a broker without memory leaves publishers' connections unread, and nobody waits for it.</summary>
    [Fact]
    public async Task A_broker_without_memory_holds_up_no_submission_and_no_run()
    {
        const int Runs = 100;
        await using RabbitMqVirtualHost host = await broker.NewVirtualHostAsync();
        await using TestServer server = await TestServer.StartAsync(host.Address, "InterCluster:Workers:LookEvery=00:00:00.5");
        await server.DeployAsync("app", _function.Address);
        await server.EndAsync(await server.SubmitAsync("app"));
        var took = new List<TimeSpan>();
        var ids = new List<string>();
        int threads = ThreadPool.ThreadCount;

        await broker.SetMemoryAlarmAsync(true);
        try
        {
            for (int i = 0; i < Runs; i++)
            {
                long began = TimeProvider.System.GetTimestamp();
                ids.Add(await server.SubmitAsync("app"));
                took.Add(TimeProvider.System.GetElapsedTime(began));
            }

            foreach (string id in ids)
            {
                Assert.Equal((RunState.Succeeded, 1), await server.EndAsync(id) is var run ? (run.State, run.Attempt) : default);
            }
        }
        finally
        {
            await broker.SetMemoryAlarmAsync(false);
        }

        took.Sort();
        Assert.InRange(took[Runs * 99 / 100], TimeSpan.Zero, TimeSpan.FromMilliseconds(250));
        Assert.InRange(ThreadPool.ThreadCount - threads, -100, 20);
        await Until.TrueAsync(
            async () =>
            {
                long announced = server.Metric("intercluster.runs.announced");
                await server.EndAsync(await server.SubmitAsync("app"));
                return server.Metric("intercluster.runs.announced") > announced;
            },
            "runs are announced again");
    }

    [Fact]
    public async Task A_broker_that_is_killed_under_load_loses_no_run()
    {
        await using RabbitMqVirtualHost host = await broker.NewVirtualHostAsync();
        await using TestServer server = await TestServer.StartAsync(host.Address);
        await server.DeployAsync("app", _function.Address);
        await server.EndAsync(await server.SubmitAsync("app"));
        using var stop = new CancellationTokenSource();
        var settled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<List<string>> submitted = SubmitAsync(server, settled, stop.Token);

        await settled.Task;
        await broker.KillAsync();
        string without = await server.SubmitAsync("app");
        RunView early = await server.EndAsync(without);
        await broker.StartAgainAsync();
        await stop.CancelAsync();
        List<string> ids = await submitted;

        Assert.Equal(RunState.Succeeded, early.State);
        Assert.True(ids.Count > 50, $"Only {ids.Count} runs were submitted.");
        foreach (string id in ids)
        {
            Assert.Equal((RunState.Succeeded, 1), await server.EndAsync(id) is var run ? (run.State, run.Attempt) : default);
        }

        // The doorbell rings again: no run waits for the worker's own look.
        await Until.TrueAsync(
            async () => (await host.QueueAsync("runs-submitted"))?.TryGetProperty("consumers", out var consumers) == true && consumers.GetInt32() > 0,
            "the announcements are consumed again");
        long announced = server.Metric("intercluster.runs.announced");
        await Until.TrueAsync(
            async () =>
            {
                await server.EndAsync(await server.SubmitAsync("app"));
                return server.Metric("intercluster.runs.announced") > announced;
            },
            "runs are announced again");
    }

    // RabbitMQ 3.10 keeps the names of its quorum queues in a file that it writes every few seconds: one that is younger than that is without a leader after a
    // kill, for ever. Runs go on without it (by the workers' own look), but this test is about doorbells.
    private static async Task<List<string>> SubmitAsync(TestServer server, TaskCompletionSource settled, CancellationToken stop)
    {
        var ids = new List<string>();
        long began = TimeProvider.System.GetTimestamp();
        while (!stop.IsCancellationRequested)
        {
            ids.Add(await server.SubmitAsync("app"));
            if (TimeProvider.System.GetElapsedTime(began) > TimeSpan.FromSeconds(8))
            {
                settled.TrySetResult();
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, CancellationToken.None);
        }

        return ids;
    }
}
