using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using InterCluster.Api.Gateway;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;
using InterCluster.Server.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace InterCluster.Distributed.Tests.Support;

/// <summary>A whole server, composed as the program composes it, inside the test's process.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    public const string Project = "p-test";

    private readonly WebApplication _app;
    private readonly string _folder;
    private readonly MeterListener _meters = new();
    private readonly ConcurrentDictionary<string, long> _counted = new();

    private TestServer(WebApplication app, string folder)
    {
        _app = app;
        _folder = folder;
        _meters.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == app.Services.GetRequiredService<IMeterFactory>())
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _meters.SetMeasurementEventCallback<long>((instrument, value, _, _) => Count(instrument, value));
        _meters.SetMeasurementEventCallback<int>((instrument, value, _, _) => Count(instrument, value));
        _meters.Start();
    }

    public HttpClient Client { get; private set; } = new();

    /// <summary>Where the control plane, or what a process without one has of it, answers.</summary>
    public Uri Control => new(_app.Urls.First());

    public T Get<T>()
        where T : notnull => _app.Services.GetRequiredService<T>();

    public static Task<TestServer> StartAsync(Uri? broker, params string[] settings) => StartAsync("api,dispatcher,workers", broker, settings);

    /// <summary>A process of some roles; only one with a gateway has a client. Without a broker the bus is in memory.</summary>
    public static async Task<TestServer> StartAsync(string roles, Uri? broker, params string[] settings)
    {
        string folder = Directory.CreateTempSubdirectory("intercluster-distributed-").FullName;
        string[] all =
        [
            .. broker is null ? Array.Empty<string>() : [$"InterCluster:Bus:RabbitMq:Uri={broker}"],
            "InterCluster:Dispatcher:SweepPeriod=00:00:00.2",
            .. settings,
        ];
        string[] arguments = ["--data", folder, "--roles", roles, "--listen", "http://127.0.0.1:0", "--control", "http://127.0.0.1:0", .. all.Select(s => $"--set={s}")];
        Assert.True(CommandLine.TryParse(arguments, out CommandLine? line, out IReadOnlyList<string> mistakes), string.Join('\n', mistakes));
        WebApplication app = ServerHost.Build(line);
        var server = new TestServer(app, folder);
        await CatalogLoader.LoadAsync(app.Services);
        await app.StartAsync();
        if (line.Roles.HasFlag(Roles.Api))
        {
            await server.ConnectAsync();
        }

        return server;
    }

    private async Task ConnectAsync()
    {
        Client = new HttpClient(new SocketsHttpHandler { UseProxy = false })
        {
            BaseAddress = new Uri(Get<GatewayServer>().Addresses.First()), Timeout = TimeSpan.FromMinutes(2),
        };
        Client.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(Path.Combine(_folder, "admin-key"))).Trim());
    }

    /// <summary>Deploys an app whose replicas are the test's own.</summary>
    public async Task DeployAsync(string app, string addresses, string scaling = "", string project = Project)
    {
        string toml = $"[intercluster.deployment]\nname = \"{app}\"\n[intercluster.replicas]\naddresses = [\"{addresses}\"]\n{scaling}";
        using HttpClient control = ControlClient();
        using var body = new StringContent(toml, new MediaTypeHeaderValue("application/toml"));
        using HttpResponseMessage answer = await control.PutAsync($"/api/v1/projects/{project}/apps/{app}", body);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    public async Task PutScheduleAsync(string name, object schedule, string project = Project)
    {
        using HttpClient control = ControlClient();
        using HttpResponseMessage answer = await control.PutAsJsonAsync($"/api/v1/projects/{project}/schedules/{name}", schedule);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    public async Task PostScheduleAsync(string verb)
    {
        using HttpClient control = ControlClient();
        using HttpResponseMessage answer = await control.PostAsync($"/api/v1/projects/{Project}/schedules/{verb}", null);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    public async Task<IReadOnlyList<ScheduleFireView>> HistoryAsync(string name)
    {
        using HttpClient control = ControlClient();
        return (await control.GetFromJsonAsync<ScheduleHistoryView>($"/api/v1/projects/{Project}/schedules/{name}/history?limit=1000", WireJson.Options))!.Fires;
    }

    /// <summary>A key of the project, with all rights in it.</summary>
    public async Task<string> IssueAsync(string project, string name)
    {
        using HttpClient control = ControlClient();
        using HttpResponseMessage issued = await control.PostAsJsonAsync($"/api/v1/projects/{project}/keys", new { name, scopes = (string[])["admin", "invoke", "read", "runs"] });
        Assert.True(issued.IsSuccessStatusCode, await issued.Content.ReadAsStringAsync());
        return (await issued.Content.ReadFromJsonAsync<KeyView>(WireJson.Options))!.Token!;
    }

    public HttpClient ControlClient(string token) => new(new SocketsHttpHandler { UseProxy = false })
    {
        BaseAddress = Control, DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", token) },
    };

    private HttpClient ControlClient()
    {
        var control = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = Control };
        control.DefaultRequestHeaders.Authorization = Client.DefaultRequestHeaders.Authorization;
        return control;
    }

    /// <summary>So many runs in one upload; the batch's id.</summary>
    public async Task<string> SubmitManyAsync(string app, string function, int count, string project = Project)
    {
        using var lines = new ByteArrayContent(System.Text.Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("{}\n", count))));
        lines.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        using HttpResponseMessage answer = await Client.PostAsync($"/api/v1/projects/{project}/apps/{app}/functions/{function}/batches", lines);
        Assert.True(answer.StatusCode == System.Net.HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<System.Text.Json.JsonElement>()).GetProperty("batch_id").GetString()!;
    }

    /// <summary>Submits and returns the run's id; the answer must be 202.</summary>
    public async Task<string> SubmitAsync(string app, string path = "work", string project = Project)
    {
        using HttpResponseMessage answer = await Client.PostAsync($"/v4/{project}/{app}/{path}?async=true", new StringContent("hello"));
        Assert.True(answer.StatusCode == System.Net.HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<RunAccepted>(WireJson.Options))!.RunId;
    }

    public async Task<RunView> RunAsync(string id, string query = "", string project = Project) =>
        (await Client.GetFromJsonAsync<RunView>($"/api/v1/projects/{project}/runs/{id}{query}", WireJson.Options))!;

    /// <summary>The run when it is terminal.</summary>
    public async Task<RunView> EndAsync(string id, string project = Project)
    {
        RunView run = await RunAsync(id, "?wait=60s", project);
        Assert.True(RunStateMachine.IsTerminal(run.State), $"The run is still {run.State}, attempt {run.Attempt}, error {run.Error}.");
        return run;
    }

    /// <summary>The sum of a counter, or the last value of a gauge.</summary>
    public long Metric(string name)
    {
        _meters.RecordObservableInstruments();
        return _counted.GetValueOrDefault(name);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await _app.StopAsync(limit.Token);
        _meters.Dispose();
        await _app.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private void Count(Instrument instrument, long value) => _counted.AddOrUpdate(
        instrument.Name, value, (_, before) => instrument.IsObservable ? value : before + value);
}
