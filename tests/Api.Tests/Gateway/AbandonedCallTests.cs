using System.Collections.Concurrent;
using InterCluster.Core.Admission;
using InterCluster.Core.Apps;
using InterCluster.Core.Replicas;
using InterCluster.Core.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace InterCluster.Api.Tests.Gateway;

/// <summary>
/// The limit, counted inside a replica whose server hangs up as soon as its caller does while the handler works on: what Kestrel, Node and uvicorn do.
/// </summary>
public sealed class AbandonedCallTests
{
    [Theory]
    [InlineData(ReplicaProtocol.Http1, "GET")]
    [InlineData(ReplicaProtocol.Http1, "POST")]
    [InlineData(ReplicaProtocol.Http2, "GET")]
    [InlineData(ReplicaProtocol.Http2, "POST")]
    public async Task Caller_that_left_keeps_its_slot_while_the_handler_works_on(ReplicaProtocol protocol, string method)
    {
        TaskCompletionSource entered = Waits.Signal();
        TaskCompletionSource finish = Waits.Signal();
        var calls = new RecordedCalls();
        await using TestReplica replica = await TestReplica.StartAsync(
            async context =>
            {
                await context.Request.Body.CopyToAsync(Stream.Null);
                if (context.Request.Path == "/first")
                {
                    entered.SetResult();
                    await finish.Task;
                }

                await context.Response.WriteAsync("done");
            },
            Kestrel(protocol));
        await using TestReplica bystander = await TestReplica.StartAsync(context => context.Response.WriteAsync("here"));
        await using GatewayHost gateway = await GatewayHost.StartAsync(more: s => s.AddSingleton<IRequestLog>(calls));
        IAdmission admission = gateway.Deploy("app", s => s with { ReplicaConcurrency = 1 });
        gateway.AddReplica("app", replica.Address, concurrency: 1, protocol);
        gateway.Deploy("other");
        gateway.AddReplica("other", bystander.Address);
        using HttpClient client = gateway.Client();
        using var leave = new CancellationTokenSource();

        Task first = client.SendAsync(Request(method, "/v4/p-one/app/first"), leave.Token);
        await entered.Task.Within();
        Task waiting = admission.NextWaiterAsync();
        Task<HttpResponseMessage> second = client.SendAsync(Request(method, "/v4/p-one/app/second"));
        await waiting;
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.Equal(StatusCodes.Status499ClientClosedRequest, (await calls.NextAsync()).Status);
        for (int i = 0; i < 50; i++)
        {
            // Time enough for a slot that is free to be taken.
            Assert.Equal("here", await client.GetStringAsync("/v4/p-one/other/f"));
        }

        Assert.Equal((1, 1, 1), (admission.Demand.InFlight, admission.Demand.Waiting, replica.InFlight));
        finish.SetResult();
        using HttpResponseMessage answer = await second.Within();
        Assert.Equal("done", await answer.Content.ReadAsStringAsync());
        Assert.Equal((2, 1), (replica.Calls, replica.MostInFlight));
    }

    [Theory]
    [InlineData(ReplicaProtocol.Http1)]
    [InlineData(ReplicaProtocol.Http2)]
    public async Task Limit_of_four_holds_while_half_of_300_callers_leave(ReplicaProtocol protocol)
    {
        var leaving = new ConcurrentQueue<CancellationTokenSource>();
        await using TestReplica replica = await TestReplica.StartAsync(
            async context =>
            {
                if (leaving.TryDequeue(out CancellationTokenSource? leave))
                {
                    // One caller leaves whenever a call comes in: some of them wait, some are inside.
                    await leave.CancelAsync();
                }

                for (int i = 0; i < 200; i++)
                {
                    await Task.Yield();
                }

                await context.Response.WriteAsync("done");
            },
            Kestrel(protocol));
        await using GatewayHost gateway = await GatewayHost.StartAsync();
        IAdmission admission = gateway.Deploy("app", s => s with { ReplicaConcurrency = 4 });
        Replica entry = gateway.AddReplica("app", replica.Address, concurrency: 4, protocol);
        using HttpClient client = gateway.Client();

        string?[] answers = await Task.WhenAll(Enumerable.Range(0, 300).Select(i => i % 2 == 0 ? StayAsync() : LeaveAsync())).Within();

        await admission.DrainAsync(entry.Id).Within();
        Assert.Equal(0, admission.Demand.InFlight);
        Assert.InRange(replica.MostInFlight, 2, 4); // How many meet inside is the scheduler's; the limit is ours.
        Assert.All(answers.Where((_, i) => i % 2 == 0), answer => Assert.Equal("done", answer));

        async Task<string?> StayAsync() => await client.GetStringAsync("/v4/p-one/app/f");

        async Task<string?> LeaveAsync()
        {
            // Not disposed here: it is the replica that cancels it, maybe late.
            var leave = new CancellationTokenSource();
            leaving.Enqueue(leave);
            try
            {
                return await client.GetStringAsync("/v4/p-one/app/f", leave.Token);
            }
            catch (OperationCanceledException)
            {
                return null;
            }
        }
    }

    [Theory]
    [InlineData(ReplicaProtocol.Http1)]
    [InlineData(ReplicaProtocol.Http2)]
    public async Task Stream_whose_caller_left_is_told_and_has_time_to_wind_up(ReplicaProtocol protocol)
    {
        TaskCompletionSource told = Waits.Signal();
        await using TestReplica replica = await TestReplica.StartAsync(
            async context =>
            {
                if (context.Request.Path != "/stream")
                {
                    await context.Response.WriteAsync("done");
                    return;
                }

                context.Response.ContentType = "text/event-stream";
                await context.Response.WriteAsync("data: 1\n\n");
                await context.Response.Body.FlushAsync();
                await Gone(context.RequestAborted);
                told.SetResult();
                for (int i = 0; i < 1000; i++)
                {
                    await Task.Yield();
                }
            },
            Kestrel(protocol));
        await using GatewayHost gateway = await GatewayHost.StartAsync();
        IAdmission admission = gateway.Deploy("app", s => s with { ReplicaConcurrency = 1 });
        gateway.AddReplica("app", replica.Address, concurrency: 1, protocol);
        using HttpClient client = gateway.Client();

        HttpResponseMessage stream = await client.GetAsync("/v4/p-one/app/stream", HttpCompletionOption.ResponseHeadersRead).Within();
        Task waiting = admission.NextWaiterAsync();
        Task<string> second = client.GetStringAsync("/v4/p-one/app/second");
        await waiting;
        stream.Dispose();

        await told.Task.Within();
        Assert.Equal("done", await second.Within());
        Assert.Equal(1, replica.MostInFlight);
    }

    [Fact]
    public async Task Connection_of_a_call_that_was_let_finish_carries_the_next_one()
    {
        TaskCompletionSource entered = Waits.Signal();
        TaskCompletionSource finish = Waits.Signal();
        await using RawReplica replica = RawReplica.Start(async peer =>
        {
            await peer.ReadHeadAsync();
            entered.SetResult();
            await finish.Task;
            await peer.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst");
            await peer.ReadHeadAsync();
            await peer.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond");
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync();
        IAdmission admission = gateway.Deploy("app", s => s with { ReplicaConcurrency = 1 });
        gateway.AddReplica("app", replica.Address, concurrency: 1);
        using HttpClient client = gateway.Client();
        using var leave = new CancellationTokenSource();

        Task first = client.GetStringAsync("/v4/p-one/app/first", leave.Token);
        await entered.Task.Within();
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Task waiting = admission.NextWaiterAsync();
        Task<string> second = client.GetStringAsync("/v4/p-one/app/second");
        await waiting;
        finish.SetResult();

        Assert.Equal("second", await second.Within());
        Assert.Equal(1, replica.Connections);
    }

    private static HttpRequestMessage Request(string method, string path) =>
        new(new HttpMethod(method), path) { Content = method == "POST" ? new StringContent("a body") : null };

    private static HttpProtocols Kestrel(ReplicaProtocol protocol) => protocol == ReplicaProtocol.Http2 ? HttpProtocols.Http2 : HttpProtocols.Http1;

    private static Task Gone(CancellationToken aborted)
    {
        TaskCompletionSource gone = Waits.Signal();
        aborted.Register(gone.SetResult);
        return gone.Task;
    }
}
