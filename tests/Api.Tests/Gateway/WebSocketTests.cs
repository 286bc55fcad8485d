using System.Buffers.Binary;
using System.Net.WebSockets;
using InterCluster.Core.Admission;
using InterCluster.Core.Replicas;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace InterCluster.Api.Tests.Gateway;

/// <summary>WebSockets pass through as they are, live as long as both ends want, and are told when they must go.</summary>
public sealed class WebSocketTests
{
    [Fact]
    public async Task Socket_echoes_and_closes_in_order_at_both_ends()
    {
        var closed = new TaskCompletionSource<WebSocketCloseStatus?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestReplica replica = await TestReplica.StartAsync(async context =>
        {
            using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
            closed.SetResult(await Echo.RunAsync(socket));
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync();
        IAdmission admission = gateway.Deploy("app");
        Replica entry = gateway.AddReplica("app", replica.Address);
        using ClientWebSocket client = await gateway.ConnectAsync("app");

        await client.EchoAsync("first");
        await client.EchoAsync(new string('x', 3000));
        Assert.Equal(1, admission.Demand.InFlight);
        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None).Within();

        Assert.Equal(WebSocketCloseStatus.NormalClosure, client.CloseStatus);
        Assert.Equal(WebSocketCloseStatus.NormalClosure, await closed.Task.Within());
        await admission.DrainAsync(entry.Id).Within();
    }

    [Fact]
    public async Task Socket_waits_through_a_cold_start()
    {
        await using TestReplica replica = await TestReplica.StartAsync(Echo.RunAsync);
        await using GatewayHost gateway = await GatewayHost.StartAsync();
        IAdmission admission = gateway.Deploy("app");
        Task waiting = admission.NextWaiterAsync();
        Task<ClientWebSocket> connecting = gateway.ConnectAsync("app");
        await waiting;
        Assert.False(connecting.IsCompleted);

        gateway.AddReplica("app", replica.Address);

        using ClientWebSocket client = await connecting;
        await client.EchoAsync("after the start");
    }

    [Fact]
    public async Task Socket_outlives_the_time_limit_of_a_run()
    {
        var time = new FakeTimeProvider();
        await using TestReplica replica = await TestReplica.StartAsync(Echo.RunAsync);
        await using GatewayHost gateway = await GatewayHost.StartAsync(time: time);
        gateway.Deploy("app", s => s with { ResponseGracePeriod = TimeSpan.FromSeconds(1) });
        gateway.AddReplica("app", replica.Address);
        using ClientWebSocket client = await gateway.ConnectAsync("app");
        await client.EchoAsync("before");

        time.Advance(TimeSpan.FromHours(13));

        await client.EchoAsync("after");
    }

    [Fact]
    public async Task Draining_replica_tells_its_sockets_to_come_back_and_hears_their_close()
    {
        var closed = new TaskCompletionSource<WebSocketCloseStatus?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestReplica replica = await TestReplica.StartAsync(async context =>
        {
            using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
            closed.SetResult(await Echo.RunAsync(socket));
        });
        await using TestReplica other = await TestReplica.StartAsync(Echo.RunAsync);
        await using GatewayHost gateway = await GatewayHost.StartAsync();
        IAdmission admission = gateway.Deploy("app", s => s with { LoadBalancingAlgorithm = "first-available" });
        Replica leaving = gateway.AddReplica("app", replica.Address);
        gateway.AddReplica("app", other.Address);
        using ClientWebSocket client = await gateway.ConnectAsync("app");
        await client.EchoAsync("open");

        Task drained = admission.DrainAsync(leaving.Id);
        leaving.MarkDraining();

        Assert.Equal(1012, await client.AwaitCloseAsync());
        Assert.Equal(1012, (int?)await closed.Task.Within());
        await drained.Within();
        using ClientWebSocket again = await gateway.ConnectAsync("app");
        await again.EchoAsync("elsewhere");
        Assert.Equal(1, other.Calls);
    }

    [Fact]
    public async Task Draining_gateway_tells_its_sockets_that_it_goes_and_stops_when_they_have_left()
    {
        await using TestReplica replica = await TestReplica.StartAsync(Echo.RunAsync);
        await using GatewayHost gateway = await GatewayHost.StartAsync(new() { ["InterCluster:Gateway:DrainTimeout"] = "00:00:02" });
        gateway.Deploy("app");
        gateway.AddReplica("app", replica.Address);
        using ClientWebSocket one = await gateway.ConnectAsync("app");
        using ClientWebSocket two = await gateway.ConnectAsync("app");
        await Task.WhenAll(one.EchoAsync("1"), two.EchoAsync("2"));

        Task stopped = gateway.StopAsync();

        int[] codes = await Task.WhenAll(one.AwaitCloseAsync(), two.AwaitCloseAsync());
        Assert.All(codes, code => Assert.Equal(1001, code));
        await stopped.Within();
    }

    [Fact]
    public async Task Compression_is_not_negotiated()
    {
        string? asked = "nothing seen";
        await using TestReplica replica = await TestReplica.StartAsync(async context =>
        {
            asked = context.Request.Headers.SecWebSocketExtensions;
            using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { DangerousEnableCompression = true });
            await Echo.RunAsync(socket);
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync();
        gateway.Deploy("app");
        gateway.AddReplica("app", replica.Address);

        using ClientWebSocket client = await gateway.ConnectAsync("app", o =>
        {
            o.DangerousDeflateOptions = new WebSocketDeflateOptions();
            o.CollectHttpResponseDetails = true;
        });

        Assert.Null(asked);
        Assert.DoesNotContain("Sec-WebSocket-Extensions", client.HttpResponseHeaders!.Keys, StringComparer.OrdinalIgnoreCase);
        await client.EchoAsync(new string('a', 2000));
    }

    public static TheoryData<string, int, byte[]> Violations => new()
    {
        { "unmasked", 1002, [0x81, 2, 1, 2] },
        { "reserved bit", 1002, [0xC1, 0x80, 0, 0, 0, 0] },
        { "unknown opcode", 1002, [0x83, 0x80, 0, 0, 0, 0] },
        { "continuation of nothing", 1002, [0x80, 0x80, 0, 0, 0, 0] },
        { "text within a fragmented text", 1002, [0x01, 0x80, 0, 0, 0, 0, 0x81, 0x80, 0, 0, 0, 0] },
        { "fragmented ping", 1002, [0x09, 0x80, 0, 0, 0, 0] },
        { "long ping", 1002, [0x89, 0xFE, 0, 126, 0, 0, 0, 0] },
        { "negative length", 1002, [0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] },
        { "one byte too many", 1009, [0x82, 0xFE, 0x04, 0x01, 0, 0, 0, 0] },
        { "too many in two frames", 1009, [0x02, 0x81, 0, 0, 0, 0, 7, 0x80, 0xFE, 0x04, 0x00, 0, 0, 0, 0] },
    };

    [Theory]
    [MemberData(nameof(Violations))]
    public async Task Client_that_breaks_the_protocol_is_closed_with_the_code_of_its_fault(string fault, int code, byte[] frames)
    {
        var closed = new TaskCompletionSource<WebSocketCloseStatus?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestReplica replica = await TestReplica.StartAsync(async context =>
        {
            using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
            closed.SetResult(await Echo.RunAsync(socket));
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync(new() { ["InterCluster:Gateway:MaxWebSocketMessageBytes"] = "1024" });
        IAdmission admission = gateway.Deploy("app");
        Replica entry = gateway.AddReplica("app", replica.Address);
        using RawPeer client = await RawPeer.ConnectAsync(gateway.Address);
        await client.SendAsync(
            "GET /v4/p-one/app/socket HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer good\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 101", await client.ReadHeadAsync(), StringComparison.Ordinal);

        await client.SendAsync(frames);

        byte[] close = await client.ReadExactlyAsync(4);
        Assert.True(close is [0x88, 2, ..], fault);
        Assert.Equal(code, BinaryPrimitives.ReadUInt16BigEndian(close.AsSpan(2)));
        Assert.Equal("", await client.ReadToEndAsync());
        // The replica is not left with half a conversation.
        Assert.Null(await closed.Task.Within());
        await admission.DrainAsync(entry.Id).Within();
    }
}
