using Examples.Live;

WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(args);
builder.WebHost.UseUrls($"http://127.0.0.1:{Environment.GetEnvironmentVariable("PORT") ?? "8080"}");
WebApplication app = builder.Build();

app.UseWebSockets();
app.MapGet("/ready", () => "ready");
app.Map("/count", CountAsync);

await app.RunAsync();

static async Task CountAsync(HttpContext context)
{
    if (!context.WebSockets.IsWebSocketRequest)
    {
        context.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
        context.Response.Headers.Upgrade = "websocket";
        return;
    }

    using System.Net.WebSockets.WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
    await new Conversation(socket).RunAsync(context.RequestAborted);
}
