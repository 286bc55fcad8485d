using System.Net;
using System.Net.WebSockets;
using InterCluster.Api.Tests.Gateway;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using System.Threading.Channels;

namespace InterCluster.Distributed.Tests.Homes;

/// <summary>A replica that takes what a gateway takes, and tells how its sockets ended.</summary>
internal sealed class HopReplica : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Channel<string> _closes = Channel.CreateUnbounded<string>();

    private HopReplica(HttpProtocols protocol)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            // The gateway's limits are looked at here, not the replica's.
            kestrel.Limits.MaxRequestHeadersTotalSize = 1 << 20;
            kestrel.Limits.MaxRequestHeaderCount = 1000;
            kestrel.Limits.MaxRequestLineSize = 1 << 16;
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = protocol);
        });
        _app = builder.Build();
        _app.UseWebSockets();
        _app.MapGrpcService<SumsReplica>();
        _app.MapGet("/big/{**rest}", (HttpContext context) =>
            $"{context.Request.Headers["X-Big"].ToString().Length} {context.Request.Headers.Count(h => h.Key.StartsWith("X-Many-", StringComparison.OrdinalIgnoreCase))} {context.Request.Path.Value!.Length}");
        _app.MapPost("/size", async (HttpContext context) =>
        {
            long size = 0;
            byte[] buffer = new byte[1 << 16];
            for (int read; (read = await context.Request.Body.ReadAsync(buffer)) > 0;)
            {
                size += read;
            }

            return size;
        });
        _app.Map("/socket", (Func<HttpContext, Task>)TalkAsync);
    }

    public string Address => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    public static async Task<HopReplica> StartAsync(HttpProtocols protocol = HttpProtocols.Http1)
    {
        var replica = new HopReplica(protocol);
        await replica._app.StartAsync();
        return replica;
    }

    /// <summary>How the next socket ended: the close that came, or <c>broken</c>.</summary>
    public Task<string> CloseAsync() => _closes.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    // Echoes; told to, it ends the socket itself, in a good way or not.
    private async Task TalkAsync(HttpContext context)
    {
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
        try
        {
            byte[] buffer = new byte[1000];
            while (true)
            {
                WebSocketReceiveResult got = await socket.ReceiveAsync(buffer, CancellationToken.None);
                string text = System.Text.Encoding.UTF8.GetString(buffer, 0, got.Count);
                if (got.MessageType == WebSocketMessageType.Close)
                {
                    _closes.Writer.TryWrite($"{(int)socket.CloseStatus!} {socket.CloseStatusDescription}");
                    if (socket.State == WebSocketState.CloseReceived)
                    {
                        await socket.CloseOutputAsync(socket.CloseStatus!.Value, socket.CloseStatusDescription, CancellationToken.None);
                    }

                    return;
                }

                if (text == "close")
                {
                    await socket.CloseOutputAsync((WebSocketCloseStatus)4002, "enough", CancellationToken.None);
                }
                else if (text == "abort")
                {
                    context.Abort();
                    return;
                }
                else
                {
                    await socket.SendAsync(buffer.AsMemory(0, got.Count), got.MessageType, got.EndOfMessage, CancellationToken.None);
                }
            }
        }
        catch (WebSocketException)
        {
            _closes.Writer.TryWrite("broken");
        }
    }
}
