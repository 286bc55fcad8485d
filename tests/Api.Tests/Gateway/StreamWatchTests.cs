using System.Net.WebSockets;
using InterCluster.Api.Gateway;
using Microsoft.AspNetCore.Http;

namespace InterCluster.Api.Tests.Gateway;

public sealed class StreamWatchTests
{
    [Fact]
    public async Task Stream_and_socket_end_when_their_token_is_revoked_and_not_before()
    {
        await using TestReplica replica = await TestReplica.StartAsync(HoldAsync);
        await using GatewayHost gateway = await GatewayHost.StartAsync();
        gateway.Deploy("app");
        gateway.AddReplica("app", replica.Address);
        using HttpClient client = gateway.Client();
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", "Bearer good");
        await socket.ConnectAsync(new Uri($"ws://{gateway.Address.Authority}/v4/p-one/app/ws"), CancellationToken.None);
        await using Stream events = await client.GetStreamAsync("/v4/p-one/app/events");
        StreamWatch watch = gateway.Get<StreamWatch>();

        Assert.Equal(0, await watch.RunOnceAsync());
        gateway.Revoke();
        Assert.Equal(2, await watch.RunOnceAsync());

        await Assert.ThrowsAnyAsync<WebSocketException>(() => socket.ReceiveAsync(new byte[8], CancellationToken.None));
        await Assert.ThrowsAnyAsync<IOException>(async () => await events.ReadExactlyAsync(new byte[1]));
        Assert.Equal(0, await watch.RunOnceAsync());
    }

    private static async Task HoldAsync(HttpContext context)
    {
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using CancellationTokenRegistration gone = context.RequestAborted.Register(over.SetResult);
        if (context.WebSockets.IsWebSocketRequest)
        {
            using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
            await over.Task;
            return;
        }

        context.Response.ContentType = "text/event-stream";
        await context.Response.Body.FlushAsync();
        await over.Task;
    }
}
