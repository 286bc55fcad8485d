using System.Net.WebSockets;
using InterCluster.Api.Gateway;
using InterCluster.Core.Admission;
using InterCluster.Core.Replicas;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace InterCluster.Api.Tests.Gateway;

/// <summary>A gateway that is told to stop finishes what it has, takes nothing new, and ends in bounded time.</summary>
public sealed class DrainTests
{
    [Fact]
    public async Task Calls_in_flight_streams_and_waiting_calls_finish_and_new_ones_are_not_taken()
    {
        TaskCompletionSource both = Waits.Signal();
        TaskCompletionSource finish = Waits.Signal();
        int inside = 0;
        await using TestReplica replica = await TestReplica.StartAsync(async context =>
        {
            if (context.Request.Path == "/stream")
            {
                context.Response.ContentType = "text/event-stream";
                await context.Response.WriteAsync("data: 1\n\n");
                await context.Response.Body.FlushAsync();
            }

            if (Interlocked.Increment(ref inside) == 2)
            {
                both.SetResult();
            }

            await finish.Task;
            await context.Response.WriteAsync("the end");
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync();
        IAdmission admission = gateway.Deploy("app", s => s with { ReplicaConcurrency = 2 });
        Replica entry = gateway.AddReplica("app", replica.Address, concurrency: 2);
        using HttpClient client = gateway.Client();
        using RawPeer idle = await RawPeer.ConnectAsync(gateway.Address);
        await idle.SendAsync("GET /nothing HTTP/1.1\r\nHost: gateway\r\n\r\n");
        await idle.ReadHeadAsync();
        using HttpResponseMessage stream = await client.GetAsync("/v4/p-one/app/stream", HttpCompletionOption.ResponseHeadersRead).Within();
        Task<HttpResponseMessage> call = client.GetAsync("/v4/p-one/app/call");
        await both.Task.Within();
        Task queued = admission.NextWaiterAsync();
        Task<HttpResponseMessage> waiting = client.GetAsync("/v4/p-one/app/waiting");
        await queued;

        Task stopped = gateway.StopAsync();
        Assert.NotNull(gateway.Get<GatewayState>().NotReady);
        string late = await LateCallAsync(idle);
        await Assert.ThrowsAnyAsync<System.Net.Sockets.SocketException>(() => RawPeer.ConnectAsync(gateway.Address).Within());
        Assert.False(stopped.IsCompleted);
        finish.SetResult();

        Assert.Equal("the end", await (await call.Within()).Content.ReadAsStringAsync());
        Assert.Equal("data: 1\n\nthe end", await stream.Content.ReadAsStringAsync().Within());
        Assert.Equal("the end", await (await waiting.Within()).Content.ReadAsStringAsync());
        Assert.True(late.Length == 0 || late.Contains(" 503 ", StringComparison.Ordinal), late);
        Assert.Equal(3, replica.Calls);
        await stopped.Within();
        await admission.DrainAsync(entry.Id).Within();

        static async Task<string> LateCallAsync(RawPeer peer)
        {
            try
            {
                await peer.SendAsync("GET /v4/p-one/app/late HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer good\r\n\r\n");
                return await peer.ReadHeadAsync() ?? "";
            }
            catch (System.Net.Sockets.SocketException)
            {
                return "";
            }
        }
    }

    [Theory]
    [InlineData("text/event-stream")]
    [InlineData("application/grpc")]
    public async Task Http2_connection_is_told_to_go_and_its_live_stream_runs_to_its_end(string type)
    {
        TaskCompletionSource finish = Waits.Signal();
        await using TestReplica replica = await TestReplica.StartAsync(
            async context =>
            {
                context.Response.ContentType = type;
                await context.Response.Body.FlushAsync();
                await finish.Task;
                await context.Response.WriteAsync("the end");
                context.Response.AppendTrailer("grpc-status", "0");
            },
            Microsoft.AspNetCore.Server.Kestrel.Core.HttpProtocols.Http2);
        await using GatewayHost gateway = await GatewayHost.StartAsync();
        gateway.Deploy("app");
        gateway.AddReplica("app", replica.Address, protocol: Core.Apps.ReplicaProtocol.Http2);
        Wire.Http2Frames client = await Wire.Http2Frames.ConnectAsync(gateway.Address);
        await client.RequestAsync(1, Wire.Http2Frames.Get("/v4/p-one/app/f", ("te", "trailers")));
        Assert.Equal(200, (await client.NextAsync(Wire.Http2Frames.Headers))!.Status);

        Task stopped = gateway.StopAsync();
        Wire.Http2Frames.Frame goAway = Assert.IsType<Wire.Http2Frames.Frame>(await client.NextAsync(Wire.Http2Frames.GoAway, Wire.Http2Frames.Reset));
        Assert.Equal(Wire.Http2Frames.GoAway, goAway.Type);
        Assert.Equal(0, System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(goAway.Payload.AsSpan(4))); // NO_ERROR
        Assert.False(stopped.IsCompleted);
        finish.SetResult();

        Assert.Equal("the end", System.Text.Encoding.ASCII.GetString((await client.NextAsync(Wire.Http2Frames.Data, Wire.Http2Frames.Reset))!.Payload));
        Assert.True((await client.NextAsync(Wire.Http2Frames.Headers, Wire.Http2Frames.Reset)) is { Type: Wire.Http2Frames.Headers, EndsStream: true });
        // A client that was told to go closes when it has nothing more to wait for.
        await client.DisposeAsync();
        await stopped.Within();
    }

    [Fact]
    public async Task Readiness_goes_off_first_and_calls_are_still_taken_for_the_drain_delay()
    {
        var time = new FakeTimeProvider();
        await using TestReplica replica = await TestReplica.StartAsync(context => context.Response.WriteAsync("ok"));
        await using GatewayHost gateway = await GatewayHost.StartAsync(new() { ["InterCluster:Gateway:DrainDelay"] = "00:00:05" }, time);
        gateway.Deploy("app");
        gateway.AddReplica("app", replica.Address);
        Assert.Null(gateway.Get<GatewayState>().NotReady);

        Task stopped = gateway.StopAsync();

        Assert.NotNull(gateway.Get<GatewayState>().NotReady);
        using HttpClient client = gateway.Client();
        Assert.Equal("ok", await client.GetStringAsync("/v4/p-one/app/f"));
        time.Advance(TimeSpan.FromSeconds(5));
        await stopped.Within();
        Assert.Equal(1, replica.Calls);
    }

    [Fact]
    public async Task Call_on_an_open_connection_while_draining_is_refused_and_the_connection_closed()
    {
        await using GatewayHost gateway = await GatewayHost.StartAsync();
        gateway.Deploy("app");
        using HttpClient client = gateway.Client();
        gateway.Get<GatewayState>().Drain();

        using HttpResponseMessage refused = await client.GetAsync("/v4/p-one/app/f");

        Assert.True((await refused.AssertProblemAsync(503, Core.Wire.ProblemCodes.Draining)).Retryable);
        Assert.True(refused.Headers.ConnectionClose);
        Assert.NotNull(refused.Headers.RetryAfter);
    }

    [Fact]
    public async Task What_does_not_finish_is_cut_when_the_grace_is_over()
    {
        var time = new FakeTimeProvider();
        TaskCompletionSource entered = Waits.Signal();
        var never = new TaskCompletionSource();
        await using TestReplica replica = await TestReplica.StartAsync(async context =>
        {
            if (context.WebSockets.IsWebSocketRequest)
            {
                await Echo.RunAsync(context);
                return;
            }

            entered.SetResult();
            await never.Task;
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(new() { ["InterCluster:Gateway:DrainTimeout"] = "00:00:30" }, time);
        gateway.Deploy("app");
        gateway.AddReplica("app", replica.Address);
        using HttpClient client = gateway.Client();
        Task<HttpResponseMessage> call = client.GetAsync("/v4/p-one/app/f");
        await entered.Task.Within();
        using ClientWebSocket deaf = await gateway.ConnectAsync("app");
        await deaf.EchoAsync("open");

        Task stopped = gateway.StopAsync();
        time.Advance(TimeSpan.FromSeconds(29));
        Assert.False(stopped.IsCompleted);
        long from = TimeProvider.System.GetTimestamp();
        time.Advance(TimeSpan.FromSeconds(1));
        await stopped.Within();

        Assert.True(TimeProvider.System.GetElapsedTime(from) < TimeSpan.FromSeconds(4));
        await Assert.ThrowsAsync<HttpRequestException>(() => call.Within());
        never.SetResult();
    }
}
