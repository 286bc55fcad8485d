using System.Net;
using System.Net.WebSockets;

namespace InterCluster.Bench.Gateway.Upstream;

/// <summary>What every proxy forwards to: as cheap as Kestrel gets, so that it hides no proxy's cost.</summary>
internal static class UpstreamApp
{
    public const int BodyBytes = 1 << 20;

    private static readonly byte[] Json = """{"message":"hello from the upstream","value":42}"""u8.ToArray();
    private static readonly byte[] Body = new byte[BodyBytes];

    public static int JsonBytes => Json.Length;

    public static async Task<int> RunAsync(int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseSockets(o =>
        {
            o.UnsafePreferInlineScheduling = true;
            o.IOQueueCount = 1;
        });
        builder.WebHost.ConfigureKestrel(o =>
        {
            o.AddServerHeader = false;
            o.Limits.MaxRequestBodySize = null;
            o.Limits.MinRequestBodyDataRate = null;
            o.Limits.MinResponseDataRate = null;
            o.Listen(IPAddress.Loopback, port);
        });

        var app = builder.Build();
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = TimeSpan.Zero });
        app.Run(AnswerAsync);
        await app.RunAsync();
        return 0;
    }

    private static Task AnswerAsync(HttpContext context) => context.Request.Path.Value switch
    {
        "/" => SendAsync(context, "application/json", Json),
        "/body" when HttpMethods.IsGet(context.Request.Method) => SendAsync(context, "application/octet-stream", Body),
        "/body" => SinkAsync(context),
        "/echo" => EchoBodyAsync(context),
        "/ws" => EchoMessagesAsync(context),
        "/slow" => SlowAsync(context),
        _ => NotFoundAsync(context),
    };

    private static Task SendAsync(HttpContext context, string contentType, byte[] body)
    {
        context.Response.ContentType = contentType;
        context.Response.ContentLength = body.Length;
        return context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    private static async Task SinkAsync(HttpContext context)
    {
        var reader = context.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(context.RequestAborted);
            reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                break;
            }
        }

        await SendAsync(context, "application/json", Json);
    }

    private static Task EchoBodyAsync(HttpContext context)
    {
        context.Response.ContentLength = context.Request.ContentLength;
        return context.Request.BodyReader.CopyToAsync(context.Response.BodyWriter, context.RequestAborted);
    }

    /// <summary>A model at work: <c>/slow?ms=50</c>.</summary>
    private static async Task SlowAsync(HttpContext context)
    {
        var delay = int.TryParse(context.Request.Query["ms"], out var ms) ? ms : 50;
        await Task.Delay(delay, context.RequestAborted);
        await SendAsync(context, "application/json", Json);
    }

    private static async Task EchoMessagesAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var buffer = new byte[1024];
        while (true)
        {
            var message = await socket.ReceiveAsync(buffer.AsMemory(), context.RequestAborted);
            if (message.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
                return;
            }

            await socket.SendAsync(buffer.AsMemory(0, message.Count), message.MessageType, message.EndOfMessage, context.RequestAborted);
        }
    }

    private static Task NotFoundAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }
}
