using InterCluster.Core.Apps;
using InterCluster.Core.Batches;
using InterCluster.Core.Identity;
using InterCluster.Core.Runs;
using InterCluster.Core.Schedules;
using InterCluster.Core.Webhooks;
using InterCluster.Testing.Postgres;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace InterCluster.Storage.Tests.Harness;

/// <summary>The stores as the server registers them, in a database of their own whose clock is the test's.</summary>
public sealed class PostgresHarness : StoreHarness
{
    private readonly Action<IServiceCollection>? _configure;
    private readonly PostgresTestDatabase _database;
    private readonly NpgsqlConnection _clock;
    private ServiceProvider _services;

    public PostgresHarness(PostgresTemplate template, Action<IServiceCollection>? configure = null)
    {
        _configure = configure;
        _database = Task.Run(template.NewDatabaseAsync).GetAwaiter().GetResult();
        _clock = new NpgsqlConnection(_database.ConnectionString + ";Pooling=false");
        _clock.Open();
        SetClock(Start);
        Time.Moving += SetClock;
        _services = Build();
    }

    public PostgresTestDatabase Database => _database;

    public override IRunStore Runs => Get<IRunStore>();

    public override IBatchStore Batches => Get<IBatchStore>();

    public override IWebhookStore Webhooks => Get<IWebhookStore>();

    public override IScheduleStore Schedules => Get<IScheduleStore>();

    public override IAppStore Apps => Get<IAppStore>();

    public override IKeyStore Keys => Get<IKeyStore>();

    public override bool RestartEndsLeases => false;

    public override bool ArrivalIsKept => false;

    public override T Get<T>() => _services.GetRequiredService<T>();

    /// <summary>Closes the stores and opens them again: another process's life on the same database.</summary>
    public void Reopen()
    {
        _services.Dispose();
        _services = Build();
    }

    /// <summary>Another server on the same database.</summary>
    public ServiceProvider Build()
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        services.AddSingleton<TimeProvider>(Time);
        services.AddPostgresStorage(options => options.ConnectionString = _database.ConnectionString);
        _configure?.Invoke(services);
        return services.BuildServiceProvider();
    }

    public override void Dispose()
    {
        _services.Dispose();
        _clock.Dispose();
        Task.Run(async () => await _database.DisposeAsync()).GetAwaiter().GetResult();
    }

    private void SetClock(DateTimeOffset now)
    {
        using NpgsqlCommand set = _clock.CreateCommand();
        set.CommandText = "update intercluster.test_clock set at = $1";
        set.Parameters.Add(new NpgsqlParameter { Value = now.UtcDateTime });
        set.ExecuteNonQuery();
    }
}
