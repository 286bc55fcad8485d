using InterCluster.Core.Apps;
using InterCluster.Core.Batches;
using InterCluster.Core.Gateways;
using InterCluster.Core.Identity;
using InterCluster.Core.Runs;
using InterCluster.Core.Schedules;
using InterCluster.Core.Webhooks;
using InterCluster.Storage.GroupCommit;
using InterCluster.Storage.Postgres;
using InterCluster.Storage.Postgres.Apps;
using InterCluster.Storage.Postgres.Batches;
using InterCluster.Storage.Postgres.Engine;
using InterCluster.Storage.Postgres.Gateways;
using InterCluster.Storage.Postgres.Keys;
using InterCluster.Storage.Postgres.Runs;
using InterCluster.Storage.Postgres.Schedules;
using InterCluster.Storage.Postgres.Webhooks;
using InterCluster.Storage.Retention;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace InterCluster.Storage;

public static class PostgresStorageExtensions
{
    /// <summary>
    /// Keeps runs, apps and keys in PostgreSQL, shared with other servers. The schema is brought up to date with the first use.
    /// </summary>
    public static IServiceCollection AddPostgresStorage(this IServiceCollection services, Action<PostgresOptions>? configure = null)
    {
        OptionsBuilder<PostgresOptions> options =
            services.AddOptions<PostgresOptions>().BindConfiguration(PostgresOptions.Section).ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.AddOptions<StorageOptions>().BindConfiguration(StorageOptions.Section).ValidateOnStart();
        services.AddLogging();
        services.AddMetrics();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<StorageOptions>, StorageOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<PostgresOptions>, PostgresOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<StorageMetrics>();
        services.TryAddSingleton<PostgresDatabase>();
        services.TryAddSingleton<IHomeStore, PostgresHomeStore>();
        services.TryAddSingleton<IRunStore, PostgresRunStore>();
        services.TryAddSingleton<IBatchStore, PostgresBatchStore>();
        services.TryAddSingleton<IWebhookStore, PostgresWebhookStore>();
        services.TryAddSingleton<IScheduleStore, PostgresScheduleStore>();
        services.TryAddSingleton<IAppStore, PostgresAppStore>();
        services.TryAddSingleton<IKeyStore, PostgresKeyStore>();
        services.TryAddSingleton<AppCatalog>();
        services.AddHostedService<CatalogWatcher>();
        services.AddHostedService<Housekeeping>();
        services.TryAddSingleton<IEndedRuns, RemoveRuns>();
        services.AddRetention();
        return services;
    }
}
