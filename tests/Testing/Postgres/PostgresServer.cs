using InterCluster.Testing.Machines;
using Npgsql;

namespace InterCluster.Testing.Postgres;

/// <summary>
/// The PostgreSQL server of a test assembly, started when it is first asked for: a container where an engine answers (its image by
/// <c>INTERCLUSTER_TEST_POSTGRES_IMAGE</c>), else the system's own package. Each test takes a database of its own.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private readonly SemaphoreSlim _starting = new(1);
    private IPostgresHost? _host;

    /// <summary>A new, empty database, or a copy of another one.</summary>
    public async Task<PostgresTestDatabase> NewDatabaseAsync(string? template = null)
    {
        await EnsureStartedAsync();
        string name = $"t{Guid.NewGuid():N}";
        await RunAsync("postgres", template is null ? $"create database {name}" : $"create database {name} template {template}");
        return new PostgresTestDatabase(this, name);
    }

    /// <summary>kill -9.</summary>
    public Task KillAsync() => _host!.KillAsync();

    public Task StartAgainAsync() => _host!.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }

        _starting.Dispose();
    }

    public string ConnectionString(string database) => ConnectionString(_host!, database);

    internal static string ConnectionString(IPostgresHost host, string database) =>
        $"Host=127.0.0.1;Port={host.Port};Username={host.User};Password={host.Password};Database={database}";

    internal async Task RunAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString(database) + ";Pooling=false");
        await connection.OpenAsync();
        await using NpgsqlCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // Names made here.
        command.CommandText = sql;
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
    }

    private async Task EnsureStartedAsync()
    {
        await _starting.WaitAsync();
        try
        {
            if (_host is null)
            {
                IPostgresHost host = DockerEngine.IsThere ? new ContainerPostgres() : new NativePostgres();
                await host.StartAsync();
                _host = host;
            }
        }
        finally
        {
            _starting.Release();
        }
    }
}
