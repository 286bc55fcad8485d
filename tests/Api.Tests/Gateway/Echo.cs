using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace InterCluster.Api.Tests.Gateway;

/// <summary>Both ends of a WebSocket that says back what it hears.</summary>
internal static class Echo
{
    /// <summary>The replica's end.</summary>
    public static async Task RunAsync(HttpContext context)
    {
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
        await RunAsync(socket);
    }

    /// <summary>The replica's end, up to the close that it hears; null when the other end was lost.</summary>
    public static async Task<WebSocketCloseStatus?> RunAsync(WebSocket socket)
    {
        byte[] buffer = new byte[4096];
        try
        {
            while (true)
            {
                ValueWebSocketReceiveResult got = await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
                if (got.MessageType == WebSocketMessageType.Close)
                {
                    await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
                    return socket.CloseStatus;
                }

                await socket.SendAsync(buffer.AsMemory(0, got.Count), got.MessageType, got.EndOfMessage, CancellationToken.None);
            }
        }
        catch (WebSocketException)
        {
            return null;
        }
    }

    public static async Task<ClientWebSocket> ConnectAsync(this GatewayHost gateway, string app, Action<ClientWebSocketOptions>? options = null)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", "Bearer good");
        options?.Invoke(socket.Options);
        await socket.ConnectAsync(new UriBuilder(gateway.Address) { Scheme = "ws", Path = $"/v4/p-one/{app}/socket" }.Uri, CancellationToken.None).Within();
        return socket;
    }

    /// <summary>Says a text and hears it back.</summary>
    public static async Task EchoAsync(this WebSocket socket, string text)
    {
        await socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None).Within();
        byte[] buffer = new byte[4096];
        WebSocketReceiveResult got = await socket.ReceiveAsync(buffer, CancellationToken.None).Within();
        Assert.Equal(text, Encoding.UTF8.GetString(buffer, 0, got.Count));
    }

    /// <summary>Hears the close and answers it.</summary>
    public static async Task<int> AwaitCloseAsync(this WebSocket socket)
    {
        WebSocketReceiveResult got = await socket.ReceiveAsync(new byte[4096], CancellationToken.None).Within();
        Assert.Equal(WebSocketMessageType.Close, got.MessageType);
        await socket.CloseOutputAsync(socket.CloseStatus!.Value, null, CancellationToken.None).Within();
        return (int)socket.CloseStatus.Value;
    }
}
