using System.Net.WebSockets;
using InterCluster.Core.Admission;
using InterCluster.Core.Identity;
using InterCluster.Core.Replicas;
using InterCluster.Core.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace InterCluster.Api.Tests.Gateway;

/// <summary>A replica never has more calls inside than its limit, and no way of leaving keeps or loses a slot.</summary>
public sealed class SlotLimitTests
{
    [Fact]
    public async Task Burst_of_500_calls_never_puts_a_fifth_into_a_replica_of_four()
    {
        await using TestReplica replica = await TestReplica.StartAsync(async context =>
        {
            await Task.Yield();
            await context.Response.WriteAsync("done");
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync();
        IAdmission admission = gateway.Deploy("app", s => s with { ReplicaConcurrency = 4 });
        Replica entry = gateway.AddReplica("app", replica.Address, concurrency: 4);
        using HttpClient client = gateway.Client();

        string[] answers = await Task.WhenAll(Enumerable.Range(0, 500).Select(i => client.GetStringAsync($"/v4/p-one/app/f?{i}"))).Within();

        Assert.All(answers, answer => Assert.Equal("done", answer));
        Assert.Equal(500, replica.Calls);
        Assert.Equal(4, replica.MostInFlight);
        await admission.DrainAsync(entry.Id).Within();
        Assert.Equal(0, admission.Demand.InFlight);
    }

    [Fact]
    public async Task Replica_that_is_told_keeps_its_slot_until_it_lets_go()
    {
        TaskCompletionSource entered = Waits.Signal();
        TaskCompletionSource told = Waits.Signal();
        TaskCompletionSource finish = Waits.Signal();
        await using RawReplica replica = RawReplica.Start(async peer =>
        {
            string head = (await peer.ReadHeadAsync())!;
            if (head.StartsWith("GET /second", StringComparison.Ordinal))
            {
                await peer.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond");
                return;
            }

            entered.SetResult();
            Assert.Equal("", await peer.ReadToEndAsync());
            told.SetResult();
            await finish.Task;
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync();
        IAdmission admission = gateway.Deploy("app", s => s with { ReplicaConcurrency = 1 });
        gateway.AddReplica("app", replica.Address, concurrency: 1, stopsAbandonedCalls: true);
        using HttpClient client = gateway.Client();
        using var leave = new CancellationTokenSource();

        Task first = client.GetStringAsync("/v4/p-one/app/first", leave.Token);
        await entered.Task.Within();
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await told.Task.Within();
        Task waiting = admission.NextWaiterAsync();
        Task<string> second = client.GetStringAsync("/v4/p-one/app/second");
        await waiting;

        Assert.Equal((1, 1), (admission.Demand.InFlight, admission.Demand.WaitingSync));
        finish.SetResult();
        Assert.Equal("second", await second.Within());
    }

    [Fact]
    public async Task Replica_that_never_lets_go_is_told_at_the_time_limit_and_loses_its_connection_when_the_last_patience_is_over()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        TaskCompletionSource entered = Waits.Signal();
        TaskCompletionSource told = Waits.Signal();
        var never = new TaskCompletionSource();
        var calls = new RecordedCalls();
        await using RawReplica replica = RawReplica.Start(async peer =>
        {
            await peer.ReadHeadAsync();
            entered.SetResult();
            await peer.ReadToEndAsync();
            told.SetResult();
            await never.Task;
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(time: time, more: s => s.AddSingleton<IRequestLog>(calls));
        IAdmission admission = gateway.Deploy("app", s => s with { ResponseGracePeriod = TimeSpan.FromSeconds(60) });
        Replica entry = gateway.AddReplica("app", replica.Address);
        using RawPeer client = await RawPeer.ConnectAsync(gateway.Address);
        await client.SendAsync(Request("GET", "/v4/p-one/app/f"));
        await entered.Task.Within();

        client.Reset();
        await calls.NextAsync();
        Task drained = admission.DrainAsync(entry.Id);
        time.Advance(TimeSpan.FromSeconds(59));
        Assert.False(told.Task.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(2));
        await told.Task.Within();
        time.Advance(TimeSpan.FromSeconds(9));
        Assert.False(drained.IsCompleted);
        Assert.Equal(1, admission.Demand.InFlight);
        time.Advance(TimeSpan.FromSeconds(2));

        await drained.Within();
        never.SetResult();
    }

    [Theory]
    [InlineData("before admission")]
    [InlineData("waiting")]
    [InlineData("sent")]
    [InlineData("mid-response")]
    [InlineData("mid-upload")]
    public async Task Caller_that_hangs_up_leaves_no_slot_behind(string phase)
    {
        var calls = new RecordedCalls();
        var authenticator = new GatedAuthenticator();
        TaskCompletionSource entered = Waits.Signal();
        await using TestReplica replica = await TestReplica.StartAsync(async context =>
        {
            if (phase == "mid-response")
            {
                context.Response.ContentLength = 100;
                await context.Response.WriteAsync("half of it");
                await context.Response.Body.FlushAsync();
            }

            entered.TrySetResult();
            await Gone(context.RequestAborted).Within();
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(more: s =>
        {
            s.AddSingleton<IRequestLog>(calls);
            s.AddSingleton<ICallerAuthenticator>(authenticator);
        });
        IAdmission admission = gateway.Deploy("app");
        Task waiting = admission.NextWaiterAsync();
        Replica? entry = phase == "waiting" ? null : gateway.AddReplica("app", replica.Address, stopsAbandonedCalls: true);
        RawPeer client = await RawPeer.ConnectAsync(gateway.Address);

        await client.SendAsync(Request(phase == "mid-upload" ? "POST" : "GET", "/v4/p-one/app/f", phase == "mid-upload" ? "Content-Length: 100\r\n" : ""));
        if (phase == "mid-upload")
        {
            await client.SendAsync("only a part");
        }

        await authenticator.Asked.Task.Within();
        if (phase != "before admission")
        {
            authenticator.Answer.SetResult();
            await (phase == "waiting" ? waiting : entered.Task.Within());
        }

        if (phase == "mid-response")
        {
            await client.ReadHeadAsync();
            await client.ReadExactlyAsync(10);
        }

        client.Reset();
        if (phase == "before admission")
        {
            await authenticator.CallerLeft.Task.Within();
            authenticator.Answer.SetResult();
        }

        Assert.Equal(StatusCodes.Status499ClientClosedRequest, (await calls.NextAsync()).Status);
        if (entry is not null)
        {
            await admission.DrainAsync(entry.Id).Within();
        }

        Assert.Equal((0, 0, 0L), (admission.Demand.InFlight, admission.Demand.Waiting, admission.Demand.WaitingBytes));
        Assert.Equal(phase is "before admission" or "waiting" ? 0 : 1, replica.Calls);
    }

    [Fact]
    public async Task Caller_that_hangs_up_its_socket_without_a_close_gives_the_slot_back()
    {
        await using TestReplica replica = await TestReplica.StartAsync(Echo.RunAsync);
        await using GatewayHost gateway = await GatewayHost.StartAsync();
        IAdmission admission = gateway.Deploy("app");
        Replica entry = gateway.AddReplica("app", replica.Address);
        using (ClientWebSocket socket = await gateway.ConnectAsync("app"))
        {
            await socket.EchoAsync("hello");
            Assert.Equal(1, admission.Demand.InFlight);
            socket.Abort();
        }

        await admission.DrainAsync(entry.Id).Within();
        Assert.Equal(0, admission.Demand.InFlight);
    }

    private static string Request(string method, string path, string more = "") =>
        $"{method} {path} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer good\r\n{more}\r\n";

    private static Task Gone(CancellationToken aborted)
    {
        TaskCompletionSource gone = Waits.Signal();
        aborted.Register(gone.SetResult);
        return gone.Task;
    }

    /// <summary>Lets the test decide when a caller is known.</summary>
    private sealed class GatedAuthenticator : ICallerAuthenticator
    {
        public TaskCompletionSource Asked { get; } = Waits.Signal();

        public TaskCompletionSource CallerLeft { get; } = Waits.Signal();

        public TaskCompletionSource Answer { get; } = Waits.Signal();

        public bool TryRemembered(string authorization, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Caller? caller)
        {
            caller = null;
            return false;
        }

        public async ValueTask<Caller?> VerifyAsync(string authorization, CancellationToken ct)
        {
            ct.Register(() => CallerLeft.TrySetResult());
            Asked.TrySetResult();
            await Answer.Task;
            return new Caller { Project = GatewayHost.Project, KeyId = "k1", Name = "tester", Scopes = Scopes.Invoke };
        }
    }
}
