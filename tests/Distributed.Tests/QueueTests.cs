using System.Text.Json;
using InterCluster.Core.Messages;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;
using InterCluster.Distributed.Tests.Support;
using InterCluster.Testing.RabbitMq;
using InterCluster.Workers.Tests.Harness;
using Microsoft.AspNetCore.Http;

namespace InterCluster.Distributed.Tests;

/// <summary>Queues on a real broker: how they are declared, that they come and go, and that what dies comes back.</summary>
public sealed class QueueTests(RabbitMqServer broker) : IAsyncLifetime
{
    private static readonly string Work = FunctionQueueName.Of(new FunctionId(new AppId(TestServer.Project, "app"), "work"));

    private RabbitMqVirtualHost _host = null!;
    private Function _function = null!;

    public async ValueTask InitializeAsync()
    {
        _host = await broker.NewVirtualHostAsync();
        _function = await Function.StartAsync((context, _) => context.Response.WriteAsync("done"));
    }

    public async ValueTask DisposeAsync()
    {
        await _function.DisposeAsync();
        await _host.DisposeAsync();
    }

    [Fact]
    public async Task A_run_passes_the_broker_and_ends()
    {
        await using TestServer server = await StartAsync();

        RunView run = await server.EndAsync(await server.SubmitAsync("app"));

        Assert.Equal((RunState.Succeeded, 1), (run.State, run.Attempt));
        Assert.Equal(1, server.Metric("intercluster.runs.announced"));
    }

    [Fact]
    public async Task Queues_are_quorum_queues_that_lose_no_dead_letter()
    {
        await using TestServer server = await StartAsync();
        await server.EndAsync(await server.SubmitAsync("app"));

        foreach (string name in (string[])["runs-submitted", Work])
        {
            JsonElement queue = await Until.NotNullAsync(() => _host.QueueAsync(name), name);
            JsonElement arguments = queue.GetProperty("arguments");
            Assert.Equal("quorum", arguments.GetProperty("x-queue-type").GetString());
            Assert.Equal(3, arguments.GetProperty("x-delivery-limit").GetInt32());
            Assert.Equal("dead-letters", arguments.GetProperty("x-dead-letter-exchange").GetString());
            Assert.Equal("at-least-once", arguments.GetProperty("x-dead-letter-strategy").GetString());
            Assert.Equal("reject-publish", arguments.GetProperty("x-overflow").GetString());
        }

        Assert.DoesNotContain(await _host.QueuesAsync(), IsTransientAndShared);
    }

    [Fact]
    public async Task The_queue_of_an_idle_function_goes_and_comes_back_with_its_next_run()
    {
        await using TestServer server = await StartAsync("InterCluster:Workers:IdleAfter=00:00:01", "InterCluster:Workers:LookEvery=00:00:00.2", "InterCluster:Bus:RabbitMq:QueueExpiry=00:00:01");
        await server.EndAsync(await server.SubmitAsync("app"));
        await Until.NotNullAsync(() => _host.QueueAsync(Work), "the queue is there");

        await Until.TrueAsync(async () => await _host.QueueAsync(Work) is null, "the queue has gone");
        await Until.TrueAsync(async () => !(await _host.ExchangesAsync()).Any(e => e.GetProperty("name").GetString() == Work), "its exchange has gone");
        long began = TimeProvider.System.GetTimestamp();
        RunView run = await server.EndAsync(await server.SubmitAsync("app"));

        Assert.Equal(RunState.Succeeded, run.State);
        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(1));
        await Until.NotNullAsync(() => _host.QueueAsync(Work), "the queue is there again");
    }

    [Fact]
    public async Task A_message_that_cannot_be_read_becomes_a_dead_letter_and_holds_nothing_up()
    {
        await using TestServer server = await StartAsync("InterCluster:Bus:RabbitMq:CheckEvery=00:00:00.2");
        await server.EndAsync(await server.SubmitAsync("app"));

        await _host.PublishAsync(Work, "this is no message");
        await _host.PublishAsync("runs-submitted", """{"messageType":["urn:message:Nobody:Knows"],"message":{}}""");

        await Until.TrueAsync(() => Task.FromResult(server.Metric("intercluster.bus.dead_letters") == 2), "both are dead letters");
        Assert.Equal(RunState.Succeeded, (await server.EndAsync(await server.SubmitAsync("app"))).State);
        Assert.DoesNotContain(await _host.QueuesAsync(), q => q.GetProperty("name").GetString()!.EndsWith("_error", StringComparison.Ordinal));
        Assert.DoesNotContain(await _host.QueuesAsync(), q => q.GetProperty("name").GetString()!.EndsWith("_skipped", StringComparison.Ordinal));
    }

    /// <summary>D19: what the broker does not wait for, it cannot give up.</summary>
    [Fact]
    public async Task No_delivery_is_held_while_a_function_works()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using Function slow = await Function.StartAsync((_, _) => release.Task);
        await using TestServer server = await StartAsync();
        await server.DeployAsync("slow", slow.Address);
        string queue = FunctionQueueName.Of(new FunctionId(new AppId(TestServer.Project, "slow"), "work"));
        string[] ids = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => server.SubmitAsync("slow")));
        await Eventually.Async(() => slow.MostInFlight == 3);

        await Until.TrueAsync(async () => await UnacknowledgedAsync(queue) == 0 && await UnacknowledgedAsync("runs-submitted") == 0, "nothing is unacknowledged");
        release.SetResult();
        foreach (string id in ids)
        {
            Assert.Equal((RunState.Succeeded, 1), await server.EndAsync(id) is var run ? (run.State, run.Attempt) : default);
        }
    }

    [Theory]
    [InlineData("the function's queue")]
    [InlineData("the announcements' queue")]
    public async Task A_queue_that_was_deleted_is_made_again_and_served(string which)
    {
        string queue = which == "the function's queue" ? Work : "runs-submitted";
        await using TestServer server = await StartAsync();
        await server.EndAsync(await server.SubmitAsync("app"));
        await Until.TrueAsync(async () => await ConsumersAsync(queue) == 1, "the queue is served");

        await _host.DeleteQueueAsync(queue);
        string during = await server.SubmitAsync("app");

        Assert.Equal(RunState.Succeeded, (await server.EndAsync(during)).State);
        await Until.TrueAsync(async () => await ConsumersAsync(queue) == 1, "the queue is served again");
        Assert.Equal(RunState.Succeeded, (await server.EndAsync(await server.SubmitAsync("app"))).State);
    }

    [Fact]
    public async Task Closed_connections_come_back_and_every_queue_is_served_again()
    {
        await using TestServer server = await StartAsync();
        await server.EndAsync(await server.SubmitAsync("app"));
        await Until.TrueAsync(async () => await ConsumersAsync(Work) == 1, "the queue is served");

        await Until.TrueAsync(async () => await _host.CloseConnectionsAsync() > 0, "the connections are closed");
        string during = await server.SubmitAsync("app");

        Assert.Equal(RunState.Succeeded, (await server.EndAsync(during)).State);
        await Until.TrueAsync(async () => await ConsumersAsync(Work) == 1 && await ConsumersAsync("runs-submitted") == 1, "the queues are served again");
        // The sender's connection may come back after the consumers': until then the sweep announces.
        await Until.TrueAsync(() => PassesWithoutTheSweepAsync(server), "a run passes without the sweep");
    }

    private static async Task<bool> PassesWithoutTheSweepAsync(TestServer server)
    {
        long announced = server.Metric("intercluster.dispatcher.announced_again");
        Assert.Equal(RunState.Succeeded, (await server.EndAsync(await server.SubmitAsync("app"))).State);
        return server.Metric("intercluster.dispatcher.announced_again") == announced;
    }

    private static bool IsTransientAndShared(JsonElement queue) => !queue.GetProperty("durable").GetBoolean() && !queue.GetProperty("exclusive").GetBoolean();

    private async Task<int> UnacknowledgedAsync(string queue) =>
        await _host.QueueAsync(queue) is { } found && found.TryGetProperty("messages_unacknowledged", out JsonElement count) ? count.GetInt32() : -1;

    private async Task<int> ConsumersAsync(string queue) =>
        await _host.QueueAsync(queue) is { } found && found.TryGetProperty("consumers", out JsonElement consumers) ? consumers.GetInt32() : 0;

    private async Task<TestServer> StartAsync(params string[] settings)
    {
        TestServer server = await TestServer.StartAsync(_host.Address, settings);
        await server.DeployAsync("app", _function.Address);
        await Until.TrueAsync(async () => await ConsumersAsync("runs-submitted") == 1, "announcements are consumed");
        return server;
    }
}
