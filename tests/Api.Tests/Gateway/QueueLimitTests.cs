using System.Net;
using InterCluster.Core.Admission;
using InterCluster.Core.Replicas;
using InterCluster.Core.Requests;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace InterCluster.Api.Tests.Gateway;

/// <summary>What waits is bounded in number, bytes and time, leaves when its caller does, and is served the moment that it can be.</summary>
public sealed class QueueLimitTests
{
    [Fact]
    public async Task Queue_takes_exactly_its_count_and_refuses_the_next()
    {
        await using TestReplica replica = await TestReplica.StartAsync(context => context.Response.WriteAsync("ok"));
        await using GatewayHost gateway = await GatewayHost.StartAsync();
        IAdmission admission = gateway.Deploy("app", s => s with { QueueMaxLength = 3 });
        using HttpClient client = gateway.Client();
        var waiting = new List<Task<string>>();
        for (int i = 0; i < 3; i++)
        {
            Task queued = admission.NextWaiterAsync();
            waiting.Add(client.GetStringAsync("/v4/p-one/app/f"));
            await queued;
        }

        using HttpResponseMessage refused = await client.GetAsync("/v4/p-one/app/f");

        Assert.True((await refused.AssertProblemAsync(503, ProblemCodes.QueueFull)).Retryable);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 3);
        Assert.Equal(3, admission.Demand.WaitingSync);
        gateway.AddReplica("app", replica.Address);
        Assert.All(await Task.WhenAll(waiting).Within(), answer => Assert.Equal("ok", answer));
        Assert.Equal(3, replica.Calls);
    }

    [Fact]
    public async Task Queue_takes_exactly_its_bytes_and_refuses_the_next()
    {
        await using TestReplica replica = await TestReplica.StartAsync(async context =>
            await context.Response.WriteAsync($"{(await new StreamReader(context.Request.Body).ReadToEndAsync()).Length}"));
        await using GatewayHost gateway = await GatewayHost.StartAsync();
        IAdmission admission = gateway.Deploy("app", s => s with { QueueMaxBytes = 2000 });
        using HttpClient client = gateway.Client();
        var waiting = new List<Task<HttpResponseMessage>>();
        foreach (int bytes in new[] { 1500, 500 })
        {
            Task queued = admission.NextWaiterAsync();
            waiting.Add(client.PostAsync("/v4/p-one/app/f", new ByteArrayContent(new byte[bytes])));
            await queued;
        }

        Assert.Equal(2000, admission.Demand.WaitingBytes);
        using HttpResponseMessage refused = await client.PostAsync("/v4/p-one/app/f", new ByteArrayContent(new byte[1]));
        await refused.AssertProblemAsync(503, ProblemCodes.QueueFull);
        // One without a body holds none of the bytes.
        Task bodiless = admission.NextWaiterAsync();
        waiting.Add(client.GetAsync("/v4/p-one/app/f"));
        await bodiless;

        gateway.AddReplica("app", replica.Address);
        string[] lengths = await Task.WhenAll(waiting.Select(async w => await (await w).Content.ReadAsStringAsync())).Within();
        Assert.Equal(["1500", "500", "0"], lengths);
    }

    [Theory]
    [InlineData(true, ProblemCodes.QueueTimeout)]
    [InlineData(false, ProblemCodes.ColdStartTimeout)]
    public async Task Call_that_waited_its_time_is_refused_with_the_code_of_what_it_waited_for(bool ready, string code)
    {
        var time = new FakeTimeProvider();
        await using GatewayHost gateway = await GatewayHost.StartAsync(time: time);
        IAdmission admission = gateway.Deploy(
            "app", s => s with { ReplicaConcurrency = 1, QueueTimeout = TimeSpan.FromSeconds(ready ? 7 : 1000), ColdStartTimeout = TimeSpan.FromSeconds(ready ? 1000 : 7) });
        TaskCompletionSource entered = Waits.Signal();
        TaskCompletionSource finish = Waits.Signal();
        await using TestReplica replica = await TestReplica.StartAsync(async context =>
        {
            entered.TrySetResult();
            await finish.Task;
        });
        using HttpClient client = gateway.Client();
        Task<HttpResponseMessage>? holder = null;
        if (ready)
        {
            gateway.AddReplica("app", replica.Address, concurrency: 1);
            holder = client.GetAsync("/v4/p-one/app/holder");
            await entered.Task.Within();
        }

        Task queued = admission.NextWaiterAsync();
        Task<HttpResponseMessage> call = client.GetAsync("/v4/p-one/app/f");
        await queued;
        time.Advance(TimeSpan.FromMilliseconds(6_900));
        Assert.Equal(1, admission.Demand.WaitingSync);
        time.Advance(TimeSpan.FromMilliseconds(200));

        using HttpResponseMessage refused = await call.Within();
        await refused.AssertProblemAsync(504, code);
        Assert.Equal(0, admission.Demand.Waiting);
        finish.SetResult();
        Assert.True(holder is null || (await holder.Within()).IsSuccessStatusCode);
        Assert.Equal(ready ? 1 : 0, replica.Calls);
    }

    [Fact]
    public async Task Run_that_overruns_its_limit_is_answered_504_and_its_slot_is_back_once_the_replica_let_go()
    {
        var time = new FakeTimeProvider();
        TaskCompletionSource entered = Waits.Signal();
        TaskCompletionSource told = Waits.Signal();
        TaskCompletionSource finish = Waits.Signal();
        await using RawReplica replica = RawReplica.Start(async peer =>
        {
            await peer.ReadHeadAsync();
            entered.SetResult();
            await peer.ReadToEndAsync();
            told.SetResult();
            await finish.Task;
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(time: time);
        IAdmission admission = gateway.Deploy("app", s => s with { ResponseGracePeriod = TimeSpan.FromSeconds(30) });
        Replica entry = gateway.AddReplica("app", replica.Address);
        using HttpClient client = gateway.Client();
        Task<HttpResponseMessage> call = client.GetAsync("/v4/p-one/app/f");
        await entered.Task.Within();
        time.Advance(TimeSpan.FromSeconds(29));
        Assert.False(call.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));

        using HttpResponseMessage response = await call.Within();
        Assert.False((await response.AssertProblemAsync(504, ProblemCodes.RunTimeout)).Retryable);
        await told.Task.Within();
        Assert.Equal(1, admission.Demand.InFlight);
        finish.SetResult();
        await admission.DrainAsync(entry.Id).WithinAsync(time);
    }

    [Fact]
    public async Task Waiters_that_hang_up_never_reach_a_replica()
    {
        var calls = new RecordedCalls();
        await using TestReplica replica = await TestReplica.StartAsync(context => context.Response.WriteAsync("ok"));
        await using GatewayHost gateway = await GatewayHost.StartAsync(more: s => s.AddSingleton<IRequestLog>(calls));
        IAdmission admission = gateway.Deploy("app");
        using HttpClient client = gateway.Client();
        using var leave = new CancellationTokenSource();
        for (int i = 0; i < 20; i++)
        {
            Task queued = admission.NextWaiterAsync();
            _ = client.GetAsync("/v4/p-one/app/left", leave.Token);
            await queued;
        }

        Task last = admission.NextWaiterAsync();
        Task<string> stays = client.GetStringAsync("/v4/p-one/app/stays");
        await last;
        await leave.CancelAsync();
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(StatusCodes.Status499ClientClosedRequest, (await calls.NextAsync()).Status);
        }

        Assert.Equal(1, admission.Demand.WaitingSync);
        gateway.AddReplica("app", replica.Address);
        Assert.Equal("ok", await stays.Within());
        Assert.Equal(1, replica.Calls);
    }

    [Fact]
    public async Task Slow_replica_holds_nobody_else_up()
    {
        TaskCompletionSource entered = Waits.Signal();
        TaskCompletionSource finish = Waits.Signal();
        await using TestReplica slow = await TestReplica.StartAsync(async context =>
        {
            entered.TrySetResult();
            await finish.Task;
            await context.Response.WriteAsync("slow");
        });
        await using TestReplica quick = await TestReplica.StartAsync(context => context.Response.WriteAsync("quick"));
        await using GatewayHost gateway = await GatewayHost.StartAsync();
        gateway.Deploy("app", s => s with { ReplicaConcurrency = 1 });
        gateway.AddReplica("app", slow.Address, concurrency: 1);
        using HttpClient client = gateway.Client();
        Task<string> stuck = client.GetStringAsync("/v4/p-one/app/f");
        await entered.Task.Within();
        gateway.AddReplica("app", quick.Address, concurrency: 1);

        string[] answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => client.GetStringAsync("/v4/p-one/app/f"))).Within();

        Assert.All(answers, answer => Assert.Equal("quick", answer));
        Assert.False(stuck.IsCompleted);
        finish.SetResult();
        Assert.Equal("slow", await stuck.Within());
    }

    [Fact]
    public async Task Replica_that_becomes_ready_takes_the_calls_that_waited_longest_first()
    {
        var order = new System.Collections.Concurrent.ConcurrentQueue<string>();
        TaskCompletionSource finish = Waits.Signal();
        await using TestReplica replica = await TestReplica.StartAsync(async context =>
        {
            order.Enqueue(context.Request.Path.Value!);
            await finish.Task;
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync();
        IAdmission admission = gateway.Deploy("app", s => s with { ReplicaConcurrency = 1 });
        using HttpClient client = gateway.Client();
        var calls = new List<Task<HttpResponseMessage>>();
        for (int i = 0; i < 5; i++)
        {
            Task queued = admission.NextWaiterAsync();
            calls.Add(client.GetAsync($"/v4/p-one/app/{i}"));
            await queued;
        }

        gateway.AddReplica("app", replica.Address, concurrency: 1);

        // Granted within the call that put the replica in: no poll, no tick.
        Assert.Equal((1, 4), (admission.Demand.InFlight, admission.Demand.WaitingSync));
        finish.SetResult();
        Assert.All(await Task.WhenAll(calls).Within(), response => Assert.Equal(HttpStatusCode.OK, response.StatusCode));
        Assert.Equal(["/0", "/1", "/2", "/3", "/4"], order);
    }
}
