using Hangfire.InMemory;
using Hangfire.PostgreSql;
using InterCluster.Core.Schedules;
using InterCluster.Dispatcher.Schedules;
using InterCluster.Storage.Postgres;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace InterCluster.Server.Schedules;

internal static class CalendarServiceCollectionExtensions
{
    // Its tables are its own, beside ours in the same database.
    private const string Schema = "intercluster_calendar";

    /// <summary>What reads cron, for whoever checks a schedule.</summary>
    public static IServiceCollection AddCron(this IServiceCollection services)
    {
        services.TryAddSingleton<ICronCalendar, CronosCalendar>();
        return services;
    }

    /// <summary>The calendar of a server by itself: in memory. What it has to do is in the store, and is put in again by every start.</summary>
    public static IServiceCollection AddCalendarInMemory(this IServiceCollection services)
    {
        services.TryAddSingleton(new CalendarStorage(() => new InMemoryStorage()));
        return services;
    }

    /// <summary>The calendar of servers that share a database: each tick goes to one of them.</summary>
    public static IServiceCollection AddCalendarInPostgres(this IServiceCollection services)
    {
        services.TryAddSingleton(provider =>
        {
            IOptions<PostgresOptions> postgres = provider.GetRequiredService<IOptions<PostgresOptions>>();
            return new CalendarStorage(() => Open(postgres.Value.ConnectionString));
        });
        return services;
    }

    private static PostgreSqlStorage Open(string connection)
    {
        var options = new PostgreSqlStorageOptions { SchemaName = Schema, QueuePollInterval = TimeSpan.FromSeconds(1), DistributedLockTimeout = TimeSpan.FromSeconds(30) };
        return new PostgreSqlStorage(new Hangfire.PostgreSql.Factories.NpgsqlConnectionFactory(connection, options), options);
    }
}
