using System.Collections.Concurrent;
using InterCluster.Core.Admission;
using InterCluster.Core.Apps;
using InterCluster.Core.Naming;
using InterCluster.Core.Replicas;
using InterCluster.Core.Runs;
using InterCluster.Dispatcher.Depths;
using InterCluster.Dispatcher.Scaling;
using InterCluster.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace InterCluster.Dispatcher.Tests;

/// <summary>The autoscaler on the real admission and the real store; the clock and the fleet are the test's.</summary>
internal sealed class Scaler : IAsyncDisposable
{
    public static readonly AppId App = new("p-one", "app");
    private readonly ServiceProvider _services;
    private readonly string _folder = Directory.CreateTempSubdirectory("intercluster-").FullName;
    private int _replicas;

    public Scaler()
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        services.AddSingleton<TimeProvider>(Time);
        services.AddSingleton(Catalog);
        services.AddSingleton<IAppCatalog>(Catalog);
        services.AddSingleton<IHomeCatalog>(Catalog);
        services.AddSingleton<IAdmissionDirectory>(new AdmissionDirectory(Time, Random.Shared));
        services.AddSingleton<IReplicaFleet>(Fleet);
        services.AddSqliteStorage(o => o.DataFolder = _folder);
        services.AddSingleton<RunDepths>();
        services.AddSingleton<DispatcherMetrics>();
        services.AddSingleton<Autoscaler>();
        _services = services.BuildServiceProvider();
        Autoscaler.Start();
    }

    public FakeTimeProvider Time { get; } = new(DateTimeOffset.UnixEpoch.AddYears(56));

    public AppCatalog Catalog { get; } = new();

    public RecordingFleet Fleet { get; } = new();

    public Autoscaler Autoscaler => _services.GetRequiredService<Autoscaler>();

    public RunDepths Depths => _services.GetRequiredService<RunDepths>();

    public IRunStore Store => _services.GetRequiredService<IRunStore>();

    public IAdmission Admission => _services.GetRequiredService<IAdmissionDirectory>().TryGet(App, out IAdmission? admission) ? admission : throw new InvalidOperationException("No admission.");

    public IAdmissionDirectory Admissions => _services.GetRequiredService<IAdmissionDirectory>();

    public async Task DeployAsync(Func<ScalingConfig, ScalingConfig> scaling, int revision = 1, RunPolicies? runs = null)
    {
        Catalog.Put(new Revision(
            App, revision, new AppConfig { Name = "app", Runtime = new RuntimeConfig(), Hardware = new HardwareConfig { Cpu = 2, MemoryGb = 4 }, Scaling = scaling(new ScalingConfig()), Runs = runs ?? new RunPolicies() }, DateTimeOffset.UnixEpoch, "test"));
        await Depths.ReadAsync(default);
        await Autoscaler.RunOnceAsync(default);
    }

    public Replica AddReplica(int concurrency)
    {
        var replica = new Replica(new ReplicaId($"r{++_replicas}"), App, 1, "http://127.0.0.1:1", concurrency);
        Admission.Add(replica);
        return replica;
    }

    public Task<AdmissionResult> CallAsync(CancellationToken ct = default) => Admission.AdmitAsync(new CallRequest(CallClass.Sync, 0), ct).AsTask();

    /// <summary>Advances in small steps and lets the autoscaler decide after each, as its loop would.</summary>
    public async Task LiveAsync(TimeSpan duration)
    {
        TimeSpan step = TimeSpan.FromMilliseconds(50);
        for (TimeSpan at = TimeSpan.Zero; at < duration; at += step)
        {
            Time.Advance(step);
            await Depths.ReadAsync(default);
            await Autoscaler.RunOnceAsync(default);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Autoscaler.Stop();
        await _services.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    internal sealed class RecordingFleet : IReplicaFleet
    {
        private readonly ConcurrentDictionary<AppId, int> _desired = new();

        public ConcurrentQueue<int> Set { get; } = new();

        /// <summary>While true, the fleet has not heard of any app.</summary>
        public bool KnowsNothing { get; set; }

        /// <summary>What the replicas have used.</summary>
        public IReadOnlyList<ReplicaUsage> Used { get; set; } = [];

        public IReadOnlyList<ReplicaUsage> Usage(AppId app) => Used;

        public void SetDesired(AppId app, int count)
        {
            if (!KnowsNothing)
            {
                _desired[app] = count;
                Set.Enqueue(count);
            }
        }

        public AppReplicas? Describe(AppId app) => KnowsNothing ? null : new AppReplicas(_desired.GetValueOrDefault(app), false, []);

        public async IAsyncEnumerable<LogLine> ReadLogsAsync(AppId app, int tail, bool follow, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
        {
            await Task.CompletedTask;
            yield break;
        }

        public Task DrainAsync(AppId app, CancellationToken ct) => Task.CompletedTask;
    }
}
