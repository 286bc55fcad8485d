using System.Net;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;
using InterCluster.Distributed.Tests.Support;
using InterCluster.Testing.Machines;
using InterCluster.Testing.Postgres;
using InterCluster.Testing.RabbitMq;
using InterCluster.Workers.Tests.Harness;
using Microsoft.AspNetCore.Http;

namespace InterCluster.Distributed.Tests;

/// <summary>A process per role, on one PostgreSQL and one RabbitMQ.</summary>
public sealed class RolesTests(RabbitMqServer broker, PostgresServer database) : IAsyncLifetime
{
    private Cluster _cluster = null!;

    private TestServer Gateway => _cluster.Gateway;

    public async ValueTask InitializeAsync() => _cluster = await Cluster.WithGatewayAsync(broker, database);

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task A_run_passes_three_processes_and_its_answer_comes_back_whole()
    {
        await using Function function = await Function.StartAsync(async (context, seen) =>
        {
            context.Response.StatusCode = StatusCodes.Status201Created;
            context.Response.Headers["X-Of-The-Function"] = "kept";
            await context.Response.WriteAsync($"{seen.Body} to you");
        });
        await Gateway.DeployAsync("app", function.Address);
        await using TestServer dispatcher = await _cluster.StartAsync("dispatcher");
        await using TestServer worker = await _cluster.StartAsync("workers");

        string id = await Gateway.SubmitAsync("app", "work/deep");
        RunView run = await Gateway.EndAsync(id);
        using HttpResponseMessage result = await Gateway.Client.GetAsync($"/api/v1/projects/{TestServer.Project}/runs/{id}/result");

        Assert.Equal((RunState.Succeeded, 1), (run.State, run.Attempt));
        Assert.Equal(HttpStatusCode.Created, result.StatusCode);
        Assert.Equal("kept", result.Headers.GetValues("X-Of-The-Function").Single());
        Assert.Equal("hello to you", await result.Content.ReadAsStringAsync());
        Seen call = Assert.Single(function.Calls);
        Assert.Equal((id, 1, "/work/deep"), (call.RunId, call.Attempt, call.Path));
    }

    [Fact]
    public async Task A_limit_is_hard_for_sync_calls_and_for_the_workers_of_other_processes_together()
    {
        await using Function function = await Function.StartAsync(async (context, _) =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
            await context.Response.WriteAsync("done");
        });
        await Gateway.DeployAsync("app", function.Address, "[intercluster.scaling]\nreplica_concurrency = 3\n");
        await using TestServer dispatcher = await _cluster.StartAsync("dispatcher");
        await using TestServer first = await _cluster.StartAsync("workers");
        await using TestServer second = await _cluster.StartAsync("workers");

        string[] ids = await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => Gateway.SubmitAsync("app")));
        HttpStatusCode[] sync = await Task.WhenAll(Enumerable.Range(0, 60).Select(async _ =>
        {
            using HttpResponseMessage answer = await Gateway.Client.GetAsync($"/v4/{TestServer.Project}/app/now");
            return answer.StatusCode;
        }));
        RunView[] runs = await Task.WhenAll(ids.Select(id => Gateway.EndAsync(id)));

        Assert.All(sync, status => Assert.Equal(HttpStatusCode.OK, status));
        Assert.All(runs, run => Assert.Equal(RunState.Succeeded, run.State));
        Assert.InRange(function.MostInFlight, 1, 3);
    }

    [Fact]
    public async Task Cancelling_a_run_ends_its_call_in_the_worker_of_another_process()
    {
        var inside = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using Function function = await Function.StartAsync(async (context, _) =>
        {
            inside.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        });
        await Gateway.DeployAsync("app", function.Address);
        await using TestServer dispatcher = await _cluster.StartAsync("dispatcher");
        await using TestServer worker = await _cluster.StartAsync("workers");
        string id = await Gateway.SubmitAsync("app");
        await inside.Task.WaitAsync(TimeSpan.FromSeconds(30));

        using HttpResponseMessage answer = await Gateway.Client.DeleteAsync($"/api/v1/projects/{TestServer.Project}/runs/{id}");
        RunView run = await Gateway.EndAsync(id);

        Assert.True(answer.IsSuccessStatusCode);
        Assert.Equal(RunState.Cancelled, run.State);
        await function.AbortedAsync(id);
    }

    /// <summary>D07: nobody's queue is there yet.</summary>
    [Fact]
    public async Task A_message_that_finds_no_queue_is_counted_and_its_run_waits_for_a_worker()
    {
        await using Function function = await Function.StartAsync((context, _) => context.Response.WriteAsync("done"));
        await Gateway.DeployAsync("app", function.Address);
        await using TestServer dispatcher = await _cluster.StartAsync("dispatcher");

        string id = await Gateway.SubmitAsync("app");
        await Until.TrueAsync(() => Task.FromResult(dispatcher.Metric("intercluster.dispatcher.unrouted") > 0), "the message is counted");
        Assert.Equal(RunState.Queued, (await Gateway.RunAsync(id)).State);
        await using TestServer worker = await _cluster.StartAsync("workers");

        Assert.Equal((RunState.Succeeded, 1), await Gateway.EndAsync(id) is var run ? (run.State, run.Attempt) : default);
    }

    /// <summary>D12: it can call the function, and not renew its lease.</summary>
    [Fact]
    public async Task A_worker_that_is_cut_from_the_database_lets_go_before_its_lease_ends()
    {
        TimeSpan lease = TimeSpan.FromSeconds(3);
        await using Function function = await Function.StartAsync(async (context, seen) =>
        {
            if (seen.Attempt == 1)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
            }
        });
        await using var way = new TcpProxy(_cluster.Database.Port);
        await Gateway.DeployAsync("app", function.Address);
        await using TestServer dispatcher = await _cluster.StartAsync("dispatcher");
        await using TestServer worker = await _cluster.StartAsync(
            "workers", $"InterCluster:Storage:Postgres:ConnectionString={_cluster.Database.ConnectionStringBy(way.Port)}", $"InterCluster:Workers:Lease={lease}",
            "InterCluster:Workers:RenewEvery=00:00:01", "InterCluster:Workers:LeaseMargin=00:00:00.5");
        string id = await Gateway.SubmitAsync("app");
        await Eventually.Async(() => function.CallsOf(id).Any());

        way.Swallow();
        long cut = TimeProvider.System.GetTimestamp();
        await function.AbortedAsync(id);
        Assert.InRange(TimeProvider.System.GetElapsedTime(cut), TimeSpan.Zero, lease + TimeSpan.FromSeconds(2));
        way.Heal();

        Assert.Equal((RunState.Succeeded, 2, 1), await Gateway.EndAsync(id) is var run ? (run.State, run.Attempt, run.Crashes) : default);
    }

    [Fact]
    public async Task AGateway_that_is_away_is_no_attempt_of_the_function()
    {
        await using Function function = await Function.StartAsync((context, _) => context.Response.WriteAsync("done"));
        await Gateway.DeployAsync("app", function.Address);
        string id = await Gateway.SubmitAsync("app");
        await using TestServer dispatcher = await _cluster.StartAsync("dispatcher");
        await using TestServer worker = await _cluster.StartAsync("workers", "InterCluster:Invoker:GatewayUrl=http://127.0.0.1:1");
        await Until.TrueAsync(() => Task.FromResult(worker.Metric("intercluster.worker.settled") > 0), "the run was given back");

        RunView run = await Gateway.RunAsync(id);

        Assert.Empty(function.Calls);
        Assert.False(RunStateMachine.IsTerminal(run.State));
        Assert.Equal(0, run.Attempt);
    }

    [Fact]
    public async Task Nobody_but_a_worker_can_have_a_run_carried_out()
    {
        using HttpResponseMessage admin = await Gateway.Client.PostAsync("/internal/v1/invocations", new ByteArrayContent([1]));
        using var forged = new HttpRequestMessage(HttpMethod.Post, "/internal/v1/invocations") { Content = new ByteArrayContent([1]) };
        forged.Headers.TryAddWithoutValidation("Authorization", $"InterCluster-Worker {TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()}.{new string('0', 64)}");
        using HttpResponseMessage worker = await Gateway.Client.SendAsync(forged);

        Assert.Equal(HttpStatusCode.Unauthorized, admin.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, worker.StatusCode);
    }
}
