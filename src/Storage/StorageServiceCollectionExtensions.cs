using InterCluster.Core.Apps;
using InterCluster.Core.Batches;
using InterCluster.Core.Identity;
using InterCluster.Core.Runs;
using InterCluster.Core.Schedules;
using InterCluster.Core.Webhooks;
using InterCluster.Storage.GroupCommit;
using InterCluster.Storage.Retention;
using InterCluster.Storage.Sqlite.Apps;
using InterCluster.Storage.Sqlite.Batches;
using InterCluster.Storage.Sqlite.Engine;
using InterCluster.Storage.Sqlite.Keys;
using InterCluster.Storage.Sqlite.Runs;
using InterCluster.Storage.Sqlite.Schedules;
using InterCluster.Storage.Sqlite.Webhooks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace InterCluster.Storage;

public static class StorageServiceCollectionExtensions
{
    /// <summary>
    /// Keeps runs, apps and keys in one SQLite file under <see cref="StorageOptions.DataFolder"/>. It is opened when a store is first asked
    /// for, and drained and closed with the container.
    /// </summary>
    public static IServiceCollection AddSqliteStorage(this IServiceCollection services, Action<StorageOptions>? configure = null)
    {
        OptionsBuilder<StorageOptions> options =
            services.AddOptions<StorageOptions>().BindConfiguration(StorageOptions.Section).ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.AddLogging();
        services.AddMetrics();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<StorageOptions>, StorageOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<StorageMetrics>();
        services.TryAddSingleton<SqliteDatabase>();
        services.TryAddSingleton<IRunStore, SqliteRunStore>();
        services.TryAddSingleton<IBatchStore, SqliteBatchStore>();
        services.TryAddSingleton<IWebhookStore, SqliteWebhookStore>();
        services.TryAddSingleton<IScheduleStore, SqliteScheduleStore>();
        services.TryAddSingleton<IAppStore, SqliteAppStore>();
        services.TryAddSingleton<IKeyStore, SqliteKeyStore>();
        services.TryAddSingleton<IEndedRuns, RemoveRuns>();
        services.AddRetention();
        return services;
    }
}
