using InterCluster.Core.Admission;
using InterCluster.Core.Apps;
using InterCluster.Core.Identity;
using InterCluster.Core.Naming;
using InterCluster.Core.Replicas;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace InterCluster.Replicas.Server;

/// <summary>A real fleet over real admission, with quick periods; in a test's own process, or in one that the test may kill.</summary>
public sealed class TestFleet : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private bool _stopped;

    public TestFleet(string dataFolder, IReadOnlyDictionary<string, string?>? settings = null)
    {
        var values = new Dictionary<string, string?>
        {
            ["DataFolder"] = dataFolder,
            ["ProbePeriod"] = "00:00:00.200",
            ["StartingProbePeriodMax"] = "00:00:00.050",
            ["BackoffFirst"] = "00:00:00.050",
            ["StopGrace"] = "00:00:05",
            ["StableAfter"] = "00:00:02",
            ["LogPeriod"] = "00:00:00.020",
            ["AdoptionGrace"] = "00:00:01",
        };
        foreach ((string key, string? value) in settings ?? new Dictionary<string, string?>())
        {
            values[key] = value;
        }

        _services = new ServiceCollection()
            .AddLogging(b => b.SetMinimumLevel(LogLevel.Warning))
            .AddSingleton<IConfiguration>(new ConfigurationBuilder()
                .AddInMemoryCollection(values.Select(v => KeyValuePair.Create($"{ReplicasOptions.Section}:{v.Key}", v.Value))).Build())
            .AddSingleton<IAppCatalog>(Catalog)
            .AddSingleton<IHomeCatalog>(Catalog)
            .AddSingleton<IAdmissionDirectory>(Admissions)
            .AddSingleton<IAppTokenIssuer>(Tokens)
            .AddReplicas()
            .BuildServiceProvider();
        Fleet = _services.GetRequiredService<IReplicaFleet>();
    }

    public AppCatalog Catalog { get; } = new();

    public AdmissionDirectory Admissions { get; } = new(TimeProvider.System, Random.Shared);

    public CountingIssuer Tokens { get; } = new();

    public IReplicaFleet Fleet { get; }

    public IServiceProvider Services => _services;

    public async Task StartAsync()
    {
        foreach (IHostedService service in _services.GetServices<IHostedService>())
        {
            await service.StartAsync(CancellationToken.None);
        }
    }

    public async Task StopAsync()
    {
        if (!_stopped)
        {
            _stopped = true;
            foreach (IHostedService service in _services.GetServices<IHostedService>())
            {
                await service.StopAsync(CancellationToken.None);
            }
        }
    }

    public Revision Deploy(AppId app, AppConfig config, int number = 1)
    {
        var revision = new Revision(app, number, config, DateTimeOffset.UnixEpoch, "test");
        Catalog.Put(revision);
        return revision;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _services.DisposeAsync();
    }
}

/// <summary>Tokens that tell what they were asked for.</summary>
public sealed class CountingIssuer : IAppTokenIssuer
{
    private int _count;

    public int Count => _count;

    public string Issue(AppId app, TimeSpan lifetime) => $"token {Interlocked.Increment(ref _count)} for {app}, {lifetime.TotalSeconds} s";
}
