using System.Net.Http.Json;
using InterCluster.Api.Gateway;
using InterCluster.Api.Runs;
using InterCluster.Api.Tests.Gateway;
using InterCluster.Core.Batches;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Core.Webhooks;
using InterCluster.Core.Wire;
using InterCluster.Storage;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace InterCluster.Api.Tests.Runs;

/// <summary>The gateway with the run API on a real store, and no worker: the tests claim and settle themselves.</summary>
internal sealed class RunApi : IAsyncDisposable
{
    public const string Runs = $"/api/v1/projects/{GatewayHost.Project}/runs";
    private readonly string _folder;

    private RunApi(GatewayHost host, string folder)
    {
        Host = host;
        _folder = folder;
        Client = host.Client();
    }

    public GatewayHost Host { get; }

    public HttpClient Client { get; }

    public IBatchStore Batches => Host.Get<IBatchStore>();

    public IRunStore Store => Host.Get<IRunStore>();

    public static async Task<RunApi> StartAsync(Dictionary<string, string?>? settings = null, Action<IServiceCollection>? more = null, TimeProvider? time = null)
    {
        string folder = Directory.CreateTempSubdirectory("intercluster-").FullName;
        GatewayHost host = await GatewayHost.StartAsync(settings, time, services =>
        {
            services.RemoveAll<IAsyncCalls>();
            services.RemoveAll<IWebhookCalls>();
            services.AddSqliteStorage(o => o.DataFolder = folder);
            services.AddMassTransit(bus =>
            {
                bus.DisableUsageTelemetry();
                bus.UsingInMemory();
            });
            services.AddRunApi();
            more?.Invoke(services);
        });
        // As the server's start loads it.
        host.Get<WebhookSecrets>().Load([new byte[WebhookSecrets.KeyBytes]]);
        host.Deploy("app");
        return new RunApi(host, folder);
    }

    public async Task<HttpResponseMessage> SendAsync(string path = "work", string body = "hello", params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v4/{GatewayHost.Project}/app/{path}?async=true") { Content = new StringContent(body) };
        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await Client.SendAsync(request);
    }

    public async Task<string> SubmitAsync(string path = "work", string body = "hello", params (string Name, string Value)[] headers)
    {
        using HttpResponseMessage response = await SendAsync(path, body, headers);
        Assert.Equal(System.Net.HttpStatusCode.Accepted, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync<RunAccepted>(WireJson.Options))!.RunId;
    }

    public async Task SettleAsync(string id, Func<ClaimedRun, Settlement> settlement)
    {
        ClaimedRun run = Assert.Single(await Store.ClaimAsync([new RunId(Guid.Parse(id))], "test", TimeSpan.FromMinutes(1), default));
        Assert.True(Assert.Single(await Store.SettleAsync([settlement(run)], default)));
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Host.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
