using InterCluster.Core.Apps;
using InterCluster.Testing.Postgres;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

[assembly: AssemblyFixture(typeof(InterCluster.Storage.Tests.Harness.PostgresTemplate))]

namespace InterCluster.Storage.Tests.Harness;

/// <summary>The server of this assembly, and a database with the schema in it and a clock that tests set: every test gets a copy.</summary>
public class PostgresTemplate : IAsyncDisposable
{
    private readonly SemaphoreSlim _making = new(1);
    private string? _template;

    public PostgresTemplate()
        : this(new PostgresServer())
    {
    }

    protected PostgresTemplate(PostgresServer server) => Server = server;

    public PostgresServer Server { get; }

    public async Task<PostgresTestDatabase> NewDatabaseAsync()
    {
        await _making.WaitAsync();
        try
        {
            _template ??= await MakeAsync();
        }
        finally
        {
            _making.Release();
        }

        return await Server.NewDatabaseAsync(_template);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Server.DisposeAsync();
        _making.Dispose();
    }

    private async Task<string> MakeAsync()
    {
        PostgresTestDatabase database = await Server.NewDatabaseAsync();
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        services.AddPostgresStorage(options => options.ConnectionString = database.ConnectionString);
        await using (ServiceProvider provider = services.BuildServiceProvider())
        {
            await provider.GetRequiredService<IAppStore>().ListAsync(null, default);
        }

        await database.RunAsync("""
            create table intercluster.test_clock (at timestamptz not null);
            insert into intercluster.test_clock values (now());
            create or replace function intercluster.clock() returns timestamptz language sql volatile as 'select at from intercluster.test_clock'
            """);
        return database.Name;
    }
}
