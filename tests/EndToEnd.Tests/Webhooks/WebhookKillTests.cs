using System.Collections.Concurrent;
using InterCluster.Core.Webhooks;
using InterCluster.Core.Wire;
using InterCluster.EndToEnd.Tests.Support;
using InterCluster.Testing.Machines;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace InterCluster.EndToEnd.Tests.Webhooks;

/// <summary>RELIABILITY D7, F1 to F3: a server that is killed at any moment of a delivery delivers after all, under the same id.</summary>
public sealed class WebhookKillTests
{
    [Fact]
    public async Task A_server_that_is_killed_while_a_delivery_is_on_its_way_sends_it_again()
    {
        await using Hook hook = await Hook.StartAsync();
        await using Node node = await StartAsync();
        hook.Hold();

        string run = await SubmitAsync(node, hook.Url);
        await hook.ReachedAsync(1); // Claimed and sent; the receiver has it, and the server does not know.
        await node.KillAsync();
        hook.Free();
        await node.StartAgainAsync();

        await DeliveredAsync(node, run);
        Assert.InRange(hook.Ids.Count, 2, 4);
        Assert.Single(hook.Ids.Distinct());
        Assert.Equal([run], hook.Runs.Distinct());
    }

    [Fact]
    public async Task What_no_receiver_took_before_the_kill_is_delivered_after_it()
    {
        int port = Ports.Take();
        await using Node node = await StartAsync();
        string[] runs = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => SubmitAsync(node, $"http://127.0.0.1:{port}/", "lasting")));
        await Until.TrueAsync(async () => (await node.GetAsync<DeliveryListView>("webhooks/deliveries?state=pending")).Deliveries.Count(d => d.Attempts > 0) == runs.Length);

        await node.KillAsync();
        await node.StartAgainAsync();
        await using Hook hook = await Hook.StartAsync(port);

        // The first wait of a lasting delivery is half a minute at most.
        await Until.TrueAsync(() => runs.All(hook.Runs.Contains));
        await Task.WhenAll(runs.Select(run => DeliveredAsync(node, run)));
        Assert.Equal(runs.Length, hook.Ids.Distinct().Count());
    }

    private static async Task<Node> StartAsync()
    {
        Node node = await Node.StartAsync("InterCluster:Webhooks:AllowedHosts:0=127.0.0.1");
        await node.DeployAsync("quick", node.Folder("quick", "quick.py").Toml("max_replicas = 1"));
        return node;
    }

    private static async Task<string> SubmitAsync(Node node, string url, string retries = "quick")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v4/{Node.Project}/quick/work?async=true&webhookEndpoint={Uri.EscapeDataString(url)}");
        request.Headers.Add(WireHeaders.WebhookRetries, retries);
        using HttpResponseMessage answer = await node.Calls.SendAsync(request);
        return (await Node.Json<RunAccepted>(answer)).RunId;
    }

    private static Task DeliveredAsync(Node node, string run) => Until.TrueAsync(async () =>
    {
        DeliveryView delivery = Assert.Single((await node.GetAsync<DeliveryListView>($"webhooks/deliveries?run={run}")).Deliveries);
        return delivery.State == DeliveryState.Delivered;
    });

    /// <summary>A receiver that can hold what comes.</summary>
    private sealed class Hook : IAsyncDisposable
    {
        private readonly WebApplication _app;
        private volatile TaskCompletionSource _free = new();

        private Hook(WebApplication app)
        {
            _app = app;
            _free.SetResult();
        }

        public ConcurrentQueue<string> Ids { get; } = new();

        public ConcurrentQueue<string> Runs { get; } = new();

        public string Url => _app.Urls.Single() + "/hook";

        public static async Task<Hook> StartAsync(int port = 0)
        {
            WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
            WebApplication app = builder.Build();
            var hook = new Hook(app);
            app.Run(hook.TakeAsync);
            await app.StartAsync();
            return hook;
        }

        public void Hold() => _free = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Free() => _free.TrySetResult();

        public Task ReachedAsync(int count) => Until.TrueAsync(() => Ids.Count >= count);

        public async ValueTask DisposeAsync()
        {
            Free();
            await _app.StopAsync();
            await _app.DisposeAsync();
        }

        private async Task TakeAsync(HttpContext context)
        {
            Runs.Enqueue(context.Request.Headers[WireHeaders.RequestId].ToString());
            Ids.Enqueue(context.Request.Headers[WireHeaders.WebhookId].ToString());
            await _free.Task;
        }
    }
}
