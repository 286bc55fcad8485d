using InterCluster.Core.Apps;
using InterCluster.Core.Identity;
using InterCluster.Core.Runs;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace InterCluster.Storage.Tests.Harness;

/// <summary>One server's stores on a database that it shares with others, on the real clock.</summary>
internal sealed class PostgresStore : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    public PostgresStore(string connectionString)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        services.AddPostgresStorage(options =>
        {
            options.ConnectionString = connectionString;
            options.CommandTimeout = TimeSpan.FromSeconds(5);
        });
        _services = services.BuildServiceProvider();
    }

    public IRunStore Runs => Get<IRunStore>();

    public IAppStore Apps => Get<IAppStore>();

    public IKeyStore Keys => Get<IKeyStore>();

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}
