using System.Net.Http.Json;
using InterCluster.Api.Gateway;
using InterCluster.Api.Runs;
using InterCluster.Core.Admission;
using InterCluster.Core.Apps;
using InterCluster.Core.Identity;
using InterCluster.Core.Naming;
using InterCluster.Core.Replicas;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;
using InterCluster.Dispatcher;
using InterCluster.Storage;
using MassTransit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace InterCluster.Workers.Tests.Harness;

/// <summary>
/// The whole async path in one process: gateway, SQLite, in-memory bus, dispatcher and workers, as the server composes them. Only the replicas are
/// put in by hand.
/// </summary>
internal sealed class Pipeline : IAsyncDisposable
{
    public const string Project = "p-one";
    private readonly IHost _host;
    private readonly string _folder;
    private readonly bool _keepFolder;
    private int _replicas;

    private Pipeline(IHost host, string folder, bool keepFolder)
    {
        _host = host;
        _folder = folder;
        _keepFolder = keepFolder;
        Client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(Get<GatewayServer>().Addresses.First()), Timeout = TimeSpan.FromMinutes(2) };
        Client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", "Bearer good");
    }

    public HttpClient Client { get; }

    public string Folder => _folder;

    public IRunStore Store => Get<IRunStore>();

    public T Get<T>()
        where T : notnull => _host.Services.GetRequiredService<T>();

    public static async Task<Pipeline> StartAsync(
        Dictionary<string, string?>? settings = null, string? folder = null, bool workers = true, Action<IServiceCollection>? more = null, bool keepFolder = false)
    {
        folder ??= Directory.CreateTempSubdirectory("intercluster-").FullName;
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["InterCluster:Gateway:Listen:0"] = "http://127.0.0.1:0",
            ["InterCluster:Storage:DataFolder"] = folder,
            ["InterCluster:Dispatcher:SweepPeriod"] = "00:00:00.2",
        });
        builder.Configuration.AddInMemoryCollection(settings ?? []);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        AddServices(builder.Services, workers);
        more?.Invoke(builder.Services);
        IHost host = builder.Build();
        await host.StartAsync();
        return new Pipeline(host, folder, keepFolder);
    }

    public IAdmission Deploy(string app, Func<ScalingConfig, ScalingConfig>? scaling = null, bool open = false)
    {
        var id = new AppId(Project, app);
        Get<AppCatalog>().Put(new Revision(
            id, 1, new AppConfig { Name = app, DisableAuth = open, Runtime = new RuntimeConfig(), Scaling = (scaling ?? (s => s))(new ScalingConfig()) },
            DateTimeOffset.UnixEpoch, "test"));
        return Get<IAdmissionDirectory>().GetOrAdd(id, AdmissionPolicy.From((scaling ?? (s => s))(new ScalingConfig())));
    }

    public Replica AddReplica(string app, string address, int concurrency = 100)
    {
        var id = new AppId(Project, app);
        var replica = new Replica(new ReplicaId($"{app}-{Interlocked.Increment(ref _replicas)}"), id, 1, address, concurrency);
        Assert.True(Get<IAdmissionDirectory>().TryGet(id, out IAdmission? admission));
        admission.Add(replica);
        return replica;
    }

    /// <summary>Submits and returns the run's id; the answer must be 202.</summary>
    public async Task<string> SubmitAsync(string app, string path = "work", string body = "hello", params (string Name, string Value)[] headers)
    {
        using HttpResponseMessage response = await SendAsync(app, path, body, headers);
        Assert.Equal(System.Net.HttpStatusCode.Accepted, response.StatusCode);
        RunAccepted? accepted = await response.Content.ReadFromJsonAsync<RunAccepted>(WireJson.Options);
        return accepted!.RunId;
    }

    public async Task<HttpResponseMessage> SendAsync(string app, string path, string body, params (string Name, string Value)[] headers)
    {
        char separator = path.Contains('?') ? '&' : '?';
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v4/{Project}/{app}/{path}{separator}async=true") { Content = new StringContent(body) };
        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await Client.SendAsync(request);
    }

    public async Task<RunView> RunAsync(string id, string query = "") =>
        (await Client.GetFromJsonAsync<RunView>($"/api/v1/projects/{Project}/runs/{id}{query}", WireJson.Options))!;

    /// <summary>The run when it is terminal.</summary>
    public async Task<RunView> EndAsync(string id)
    {
        RunView run = await RunAsync(id, "?wait=60s");
        Assert.True(RunStateMachine.IsTerminal(run.State), $"The run is still {run.State}, attempt {run.Attempt}, error {run.Error}.");
        return run;
    }

    public async Task StopAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(40));
        await _host.StopAsync(limit.Token);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await _host.StopAsync(limit.Token);
        await ((IAsyncDisposable)_host).DisposeAsync();
        if (!_keepFolder)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private static void AddServices(IServiceCollection services, bool workers)
    {
        services.AddMetrics();
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<AppCatalog>();
        services.AddSingleton<IAppCatalog>(p => p.GetRequiredService<AppCatalog>());
        services.AddSingleton<IHomeCatalog>(p => p.GetRequiredService<AppCatalog>());
        services.AddSingleton<IAdmissionDirectory>(p => new AdmissionDirectory(p.GetRequiredService<TimeProvider>(), Random.Shared));
        services.AddSingleton<ICallerAuthenticator, NamedCallers>();
        services.AddSingleton<IReplicaFaults, NoFaults>();
        services.AddSingleton<IReplicaFleet, NoFleet>();
        services.AddSqliteStorage();
        services.AddMassTransit(bus =>
        {
            bus.DisableUsageTelemetry();
            bus.AddDispatcherConsumers();
            if (workers)
            {
                bus.AddWorkerConsumers();
            }

            bus.UsingInMemory((context, inMemory) => inMemory.ConfigureEndpoints(context));
        });
        services.AddRunApi();
        services.AddDispatcher();
        services.AddAutoscaler();
        if (workers)
        {
            services.AddWorkers();
        }

        services.AddGateway();
    }

    private sealed class NamedCallers : ICallerAuthenticator
    {
        private static readonly Caller Good = new() { Project = Project, KeyId = "k1", Name = "tester", Scopes = Scopes.Invoke | Scopes.Read | Scopes.Runs };

        public bool TryRemembered(string authorization, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Caller? caller)
        {
            caller = authorization == "Bearer good" ? Good : null;
            return caller is not null;
        }

        public ValueTask<Caller?> VerifyAsync(string authorization, CancellationToken ct) => default;
    }

    private sealed class NoFaults : IReplicaFaults
    {
        public void Unreachable(Replica replica)
        {
        }
    }

    /// <summary>Takes every count and starts nothing: the tests put replicas in themselves.</summary>
    private sealed class NoFleet : IReplicaFleet
    {
        private readonly System.Collections.Concurrent.ConcurrentDictionary<AppId, int> _desired = new();

        public void SetDesired(AppId app, int count) => _desired[app] = count;

        public AppReplicas? Describe(AppId app) => new(_desired.GetValueOrDefault(app), false, []);

        public async IAsyncEnumerable<LogLine> ReadLogsAsync(AppId app, int tail, bool follow, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
        {
            await Task.CompletedTask;
            yield break;
        }

        public Task DrainAsync(AppId app, CancellationToken ct) => Task.CompletedTask;
    }
}

internal static class PipelineExtensions
{
    /// <summary>The app is known before the workers start, as the server's catalog is.</summary>
    public static void AddCatalogOf(this IServiceCollection services, string app)
    {
        var catalog = new AppCatalog();
        catalog.Put(new Revision(
            new AppId(Pipeline.Project, app), 1, new AppConfig { Name = app, Runtime = new RuntimeConfig() }, DateTimeOffset.UnixEpoch, "test"));
        services.AddSingleton(catalog);
    }
}
