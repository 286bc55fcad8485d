using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;
using InterCluster.Core.Wire;
using InterCluster.Testing.Postgres;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace InterCluster.Distributed.Tests.Homes;

/// <summary>Calls that come in at a gateway that is not the app's home.</summary>
public sealed class HopTests(PostgresServer database) : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private WebApplication _replica = null!;
    private Gateways _gateways = null!;
    private GatewayProcess _home = null!;
    private GatewayProcess _other = null!;

    public async ValueTask InitializeAsync()
    {
        _replica = await StartReplicaAsync();
        _gateways = await Gateways.StartAsync(database, 2);
        await _gateways.DeployAsync("app", _replica.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        _home = await _gateways.HomeAsync("app", _gateways.All[0]);
        _other = _gateways.All.Single(g => g != _home);
    }

    public async ValueTask DisposeAsync()
    {
        await _gateways.DisposeAsync();
        await _replica.DisposeAsync();
    }

    [Fact]
    public async Task What_passes_one_hop_is_as_it_is_without()
    {
        Dictionary<string, string> direct = await HeadersAsync(_home);
        Dictionary<string, string> passed = await HeadersAsync(_other);
        Assert.Equal(Known(direct, _home), Known(passed, _other));
        Assert.DoesNotContain(passed.Keys, name => name.Contains("Hop", StringComparison.OrdinalIgnoreCase) || name == "Authorization" || name == "Expect");

        string body = new('b', 3_000_000);
        using HttpResponseMessage echoed = await _other.Client.PostAsync(Path("echo"), new StringContent(body)).WaitAsync(Limit);
        Assert.Equal(body, await echoed.Content.ReadAsStringAsync());

        using HttpResponseMessage measured = await _other.Client.PostAsync(Path("length"), new StringContent("ping")).WaitAsync(Limit);
        Assert.Equal("4", await measured.Content.ReadAsStringAsync());

        using var stream = new StreamReader(await _other.Client.GetStreamAsync(Path("events")).WaitAsync(Limit));
        Assert.Equal("data: first", await stream.ReadLineAsync().WaitAsync(Limit));

        using var request = new HttpRequestMessage(HttpMethod.Post, Path("echo")) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new StringContent("two") };
        using HttpResponseMessage http2 = await _other.Client.SendAsync(request).WaitAsync(Limit);
        Assert.Equal((HttpVersion.Version20, "two"), (http2.Version, await http2.Content.ReadAsStringAsync()));

        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", _other.Client.DefaultRequestHeaders.Authorization!.ToString());
        using var time = new CancellationTokenSource(Limit);
        await socket.ConnectAsync(new Uri($"ws://{_other.Address.Authority}{Path("socket")}"), time.Token);
        await socket.SendAsync(Encoding.UTF8.GetBytes("over two gateways"), WebSocketMessageType.Text, endOfMessage: true, time.Token);
        byte[] buffer = new byte[100];
        WebSocketReceiveResult got = await socket.ReceiveAsync(buffer, time.Token);
        Assert.Equal("over two gateways", Encoding.UTF8.GetString(buffer, 0, got.Count));
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", time.Token);

        Assert.True(await _other.MetricAsync("intercluster_homes_hops", "passed") >= 4);
        Assert.Equal(0, await _home.MetricAsync("intercluster_homes_hops"));
    }

    [Fact]
    public async Task Any_gateway_shows_the_replicas_and_the_home_and_takes_a_deploy_and_a_hop_cannot_be_forged()
    {
        foreach (GatewayProcess asked in _gateways.All)
        {
            ReplicaListView replicas = (await asked.Control.GetFromJsonAsync<ReplicaListView>($"/api/v1/projects/{GatewayProcess.Project}/apps/app/replicas", WireJson.Options))!;
            Assert.Equal(_home.Address, new Uri(replicas.Home!));
            Assert.Single(replicas.Replicas);
            Assert.Equal(1, (await asked.AppAsync("app")).Live!.ReadyReplicas);
            Assert.Contains("ready", await asked.Control.GetStringAsync($"/api/v1/projects/{GatewayProcess.Project}/apps/app/logs"), StringComparison.Ordinal);
        }

        string address = (await _home.AppAsync("app")).Addresses.Single();
        await _other.DeployAsync("app", address, "[intercluster.scaling]\nreplica_concurrency = 7\n");
        await Support.Until.TrueAsync(async () => (await _other.AppAsync("app")).Live!.Capacity == 7, "the home has the new revision in force");

        using var forged = new HttpRequestMessage(HttpMethod.Get, "/internal/hop" + Path("headers"));
        forged.Headers.Add("X-InterCluster-Hop", $"InterCluster-Worker {TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()}.{new string('0', 64)}");
        forged.Headers.Add("X-InterCluster-Hop-Run", Guid.CreateVersion7().ToString());
        using HttpResponseMessage refused = await _home.Client.SendAsync(forged);
        using HttpResponseMessage live = await _home.Client.GetAsync($"/internal/v1/live/{GatewayProcess.Project}/app/replicas");
        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized), (refused.StatusCode, live.StatusCode));
    }

    private static string Path(string rest) => $"/v4/{GatewayProcess.Project}/app/{rest}";

    private static Dictionary<string, string> Known(Dictionary<string, string> headers, GatewayProcess through) =>
        headers.Where(h => !h.Key.Equals("X-Request-Id", StringComparison.OrdinalIgnoreCase)).ToDictionary(h => h.Key, h => h.Value.Replace(through.Address.Authority, "gateway", StringComparison.Ordinal));

    private static async Task<Dictionary<string, string>> HeadersAsync(GatewayProcess gateway)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Path("headers"));
        request.Headers.Add("X-Request-Id", "the-callers-own");
        request.Headers.Add("X-InterCluster-Hop-Caller", "forged");
        request.Headers.Add("X-Of-The-Caller", "kept");
        using HttpResponseMessage answer = await gateway.Client.SendAsync(request).WaitAsync(Limit);
        var seen = new Dictionary<string, string>((await answer.Content.ReadFromJsonAsync<Dictionary<string, string>>())!, StringComparer.OrdinalIgnoreCase);
        Assert.Equal(seen["X-Request-Id"], answer.Headers.GetValues("X-Request-Id").Single());
        return seen;
    }

    private static async Task<WebApplication> StartReplicaAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, o => o.Protocols = HttpProtocols.Http1));
        WebApplication app = builder.Build();
        app.UseWebSockets();
        app.MapGet("/headers", (HttpContext context) => context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString()));
        app.MapPost("/length", (HttpContext context) => context.Request.Headers.TransferEncoding.Count > 0 ? "chunked" : context.Request.Headers.ContentLength.ToString());
        app.MapPost("/echo", async (HttpContext context) => await context.Request.Body.CopyToAsync(context.Response.Body));
        app.MapGet("/events", async (HttpContext context) =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: first\n\n");
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        });
        app.Map("/socket", async (HttpContext context) =>
        {
            using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
            byte[] buffer = new byte[100];
            while (await socket.ReceiveAsync(buffer, context.RequestAborted) is { MessageType: not WebSocketMessageType.Close } got)
            {
                await socket.SendAsync(buffer.AsMemory(0, got.Count), got.MessageType, got.EndOfMessage, context.RequestAborted);
            }

            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", context.RequestAborted);
        });
        await app.StartAsync();
        return app;
    }
}
