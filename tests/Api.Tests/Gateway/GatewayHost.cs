using InterCluster.Api.Gateway;
using InterCluster.Core.Admission;
using InterCluster.Core.Apps;
using InterCluster.Core.Identity;
using InterCluster.Core.Naming;
using InterCluster.Core.Replicas;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace InterCluster.Api.Tests.Gateway;

/// <summary>The gateway alone, on a real port: its apps are put in by hand and its callers are named by their token.</summary>
internal sealed class GatewayHost : IAsyncDisposable
{
    public const string Project = "p-one";
    private readonly ServiceProvider _services;
    private readonly GatewayServer _server;
    private int _replicas;

    private GatewayHost(ServiceProvider services)
    {
        _services = services;
        _server = services.GetRequiredService<GatewayServer>();
        Faults = services.GetRequiredService<RecordingFaults>();
    }

    public Uri Address => new(_server.Addresses.First());

    public AppCatalog Catalog => _services.GetRequiredService<AppCatalog>();

    public RecordingFaults Faults { get; }

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    public static async Task<GatewayHost> StartAsync(Dictionary<string, string?>? settings = null, TimeProvider? time = null, Action<IServiceCollection>? more = null)
    {
        var services = new ServiceCollection();
        var values = new Dictionary<string, string?> { ["InterCluster:Gateway:Listen:0"] = "http://127.0.0.1:0" };
        foreach ((string key, string? value) in settings ?? [])
        {
            values[key] = value;
        }

        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(values).Build());
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning));
        services.AddMetrics();
        services.AddSingleton(time ?? TimeProvider.System);
        services.AddSingleton<AppCatalog>();
        services.AddSingleton<IAppCatalog>(p => p.GetRequiredService<AppCatalog>());
        services.AddSingleton<IHomeCatalog>(p => p.GetRequiredService<AppCatalog>());
        services.AddSingleton<IAdmissionDirectory>(p => new AdmissionDirectory(p.GetRequiredService<TimeProvider>(), Random.Shared));
        services.AddSingleton<NamedCallers>();
        services.AddSingleton<ICallerAuthenticator>(p => p.GetRequiredService<NamedCallers>());
        services.AddSingleton<RecordingFaults>();
        services.AddSingleton<IReplicaFaults>(p => p.GetRequiredService<RecordingFaults>());
        services.AddSingleton<IAsyncCalls, NoAsyncCalls>();
        services.AddSingleton<IWebhookCalls, NoWebhookCalls>();
        services.AddSingleton<IHostApplicationLifetime, NoLifetime>();
        services.AddGateway();
        more?.Invoke(services);
        var host = new GatewayHost(services.BuildServiceProvider());
        await host._server.StartAsync(CancellationToken.None);
        return host;
    }

    /// <summary>Puts an app in force; its replicas are added by <see cref="AddReplica"/>.</summary>
    public IAdmission Deploy(string app, Func<ScalingConfig, ScalingConfig>? scaling = null, bool open = false, int revision = 1)
    {
        var id = new AppId(Project, app);
        Catalog.Put(new Revision(
            id, revision, new AppConfig { Name = app, DisableAuth = open, Runtime = new RuntimeConfig(), Scaling = (scaling ?? (s => s))(new ScalingConfig()) },
            DateTimeOffset.UnixEpoch, "test"));
        Assert.True(Get<IAdmissionDirectory>().TryGet(id, out IAdmission? admission));
        return admission;
    }

    public Replica AddReplica(string app, string address, int concurrency = 100, ReplicaProtocol protocol = ReplicaProtocol.Http1, bool stopsAbandonedCalls = false)
    {
        var id = new AppId(Project, app);
        var replica = new Replica(new ReplicaId($"{app}-{Interlocked.Increment(ref _replicas)}"), id, 1, address, concurrency, protocol) { StopsAbandonedCalls = stopsAbandonedCalls };
        Assert.True(Get<IAdmissionDirectory>().TryGet(id, out IAdmission? admission));
        admission.Add(replica);
        return replica;
    }

    /// <summary>A client with the token of <see cref="Project"/>.</summary>
    public HttpClient Client(string? token = "good")
    {
        var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(30) };
        if (token is not null)
        {
            client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        }

        return client;
    }

    /// <summary>Every token is revoked from now on.</summary>
    public void Revoke() => Get<NamedCallers>().Revoked = true;

    public Task StopAsync(CancellationToken ct = default) => _server.StopAsync(ct);

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _server.StopAsync(now.Token);
        await _services.DisposeAsync();
    }

    /// <summary><c>good</c> is a caller of <see cref="Project"/>, <c>other</c> of another project, <c>reader</c> may not invoke.</summary>
    private sealed class NamedCallers : ICallerAuthenticator
    {
        private static readonly Dictionary<string, Caller> Known = new()
        {
            ["Bearer good"] = new Caller { Project = Project, KeyId = "k1", Name = "tester", Scopes = Scopes.Invoke | Scopes.Read | Scopes.Runs },
            ["Bearer other"] = new Caller { Project = "p-two", KeyId = "k2", Name = "stranger", Scopes = Scopes.Admin },
            ["Bearer reader"] = new Caller { Project = Project, KeyId = "k3", Name = "reader", Scopes = Scopes.Read },
        };

        /// <summary>True: no token counts any more.</summary>
        public bool Revoked { get; set; }

        public bool TryRemembered(string authorization, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Caller? caller)
        {
            caller = Revoked ? null : Known.GetValueOrDefault(authorization);
            return caller is not null;
        }

        public ValueTask<Caller?> VerifyAsync(string authorization, CancellationToken ct) => new(Revoked ? null : Known.GetValueOrDefault(authorization));
    }

    private sealed class NoWebhookCalls : IWebhookCalls
    {
        public bool TryAccept(IncomingCall call, [System.Diagnostics.CodeAnalysis.NotNullWhen(false)] out string? error)
        {
            error = "There are no webhooks here.";
            return false;
        }

        public ValueTask<bool> ForwardAsync(IncomingCall call) => throw new NotSupportedException();
    }

    private sealed class NoAsyncCalls : IAsyncCalls
    {
        public Task SubmitAsync(IncomingCall call)
        {
            call.Http.Response.StatusCode = 202;
            return Task.CompletedTask;
        }
    }

    private sealed class NoLifetime : IHostApplicationLifetime
    {
        public CancellationToken ApplicationStarted => CancellationToken.None;

        public CancellationToken ApplicationStopping => CancellationToken.None;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication()
        {
        }
    }
}

/// <summary>Remembers which replicas the gateway could not connect to, and takes them out as the fleet would.</summary>
internal sealed class RecordingFaults(IAdmissionDirectory admissions) : IReplicaFaults
{
    public System.Collections.Concurrent.ConcurrentQueue<ReplicaId> Reported { get; } = new();

    public void Unreachable(Replica replica)
    {
        Reported.Enqueue(replica.Id);
        if (admissions.TryGet(replica.App, out IAdmission? admission))
        {
            admission.Suspend(replica.Id);
        }
    }
}
