using InterCluster.Core.Apps;
using InterCluster.Core.Batches;
using InterCluster.Core.Identity;
using InterCluster.Core.Runs;
using InterCluster.Core.Schedules;
using InterCluster.Core.Webhooks;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace InterCluster.Storage.Tests.Harness;

/// <summary>The stores as the server registers them, on a data file in a folder of their own.</summary>
public sealed class SqliteHarness : StoreHarness
{
    private readonly Action<StorageOptions>? _configure;
    private readonly bool _keep;
    private ServiceProvider _services;

    /// <param name="configure">Changes the settings.</param>
    /// <param name="folder">A folder that is to stay; null: a new one, deleted at the end.</param>
    public SqliteHarness(Action<StorageOptions>? configure = null, string? folder = null)
    {
        _configure = configure;
        _keep = folder is not null;
        Folder = folder ?? Path.Combine(Fast, $"intercluster-storage-{Guid.NewGuid():N}");
        _services = Build();
    }

    public string Folder { get; }

    public string File => Path.Combine(Folder, "intercluster.db");

    public override IRunStore Runs => Get<IRunStore>();

    public override IBatchStore Batches => Get<IBatchStore>();

    public override IWebhookStore Webhooks => Get<IWebhookStore>();

    public override IScheduleStore Schedules => Get<IScheduleStore>();

    public override IAppStore Apps => Get<IAppStore>();

    public override IKeyStore Keys => Get<IKeyStore>();

    public override T Get<T>() => _services.GetRequiredService<T>();

    /// <summary>Closes the stores and opens them again: another process's life on the same file.</summary>
    public void Reopen()
    {
        _services.Dispose();
        _services = Build();
    }

    public void Close() => _services.Dispose();

    public override void Dispose()
    {
        _services.Dispose();
        if (!_keep)
        {
            Directory.Delete(Folder, recursive: true);
        }
    }

    // Syncs cost nothing in memory; what they are worth is tested elsewhere.
    private static string Fast => Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();

    private ServiceProvider Build()
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        services.AddSingleton<TimeProvider>(Time);
        services.AddSqliteStorage(options =>
        {
            options.DataFolder = Folder;
            _configure?.Invoke(options);
        });
        return services.BuildServiceProvider();
    }
}
