using InterCluster.Testing.Machines;
using Npgsql;

namespace InterCluster.Testing.Postgres;

/// <summary>
/// The PostgreSQL server of a test assembly, started when it is first asked for: a container where an engine answers (its image by
/// <c>INTERCLUSTER_TEST_POSTGRES_IMAGE</c>), else the system's own package; <c>INTERCLUSTER_TEST_SERVERS</c> settles which. Each test takes a
/// database of its own.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    // The servers under test are what they should be anywhere: no superuser, for whom row-level security would not count.
    private const string Role = "server";

    private readonly SemaphoreSlim _starting = new(1);
    private readonly Func<Task<IPostgresHost>> _startHost;
    private IPostgresHost? _host;

    public PostgresServer()
        : this(StartHostAsync)
    {
    }

    private PostgresServer(Func<Task<IPostgresHost>> startHost) => _startHost = startHost;

    /// <summary>One in a container, whatever the others are, for tests that have asked for an engine.</summary>
    public static PostgresServer InContainer() => new(() => StartAsync(new ContainerPostgres()));

    /// <summary>A new, empty database, or a copy of another one.</summary>
    public async Task<PostgresTestDatabase> NewDatabaseAsync(string? template = null)
    {
        await EnsureStartedAsync();
        string name = $"t{Guid.NewGuid():N}";
        await CreateAsync($"create database {name} owner {Role}{(template is null ? "" : $" template {template}")}");
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

    /// <summary>The database's owner, with no rights beyond it.</summary>
    public string ConnectionString(string database) => ConnectionString(_host!.Port, Role, Role, database);

    public Task DropAsync(string database) => CreateAsync($"drop database if exists {database} with (force)");

    internal static string ConnectionString(IPostgresHost host, string database) => ConnectionString(host.Port, host.User, host.Password, database);

    internal Task RunAsync(string database, string sql) => RunAsync(ConnectionString(database), sql, default);

    private static string ConnectionString(int port, string user, string password, string database) =>
        $"Host=127.0.0.1;Port={port};Username={user};Password={password};Database={database}";

    // As the superuser.
    private Task CreateAsync(string sql) => RunAsync(ConnectionString(_host!, "postgres"), sql, default);

    private static async Task RunAsync(string connectionString, string sql, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync(ct);
        await using NpgsqlCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // Names made here.
        command.CommandText = sql;
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(ct);
    }

    private static async Task<IPostgresHost> StartHostAsync() =>
        await ServerKind.IsContainerAsync() ? await StartContainerAsync() : await StartAsync(new NativePostgres());

    private static async Task<IPostgresHost> StartAsync(IPostgresHost host)
    {
        try
        {
            await host.StartAsync();
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    // An engine that answers may still have no way to the image. Whoever names an image, or containers, means it.
    private static async Task<IPostgresHost> StartContainerAsync()
    {
        try
        {
            return await StartAsync(new ContainerPostgres());
        }
        catch (Exception e) when (!ContainerPostgres.IsImageNamed && !ServerKind.IsSettled)
        {
            await Console.Error.WriteLineAsync($"PostgreSQL does not start in a container ({e.GetType().Name}); the system's own is taken.");
            return await StartAsync(new NativePostgres());
        }
    }

    private async Task EnsureStartedAsync()
    {
        await _starting.WaitAsync();
        try
        {
            if (_host is null)
            {
                _host = await _startHost();
                await CreateAsync($"create role {Role} login password '{Role}'");
            }
        }
        finally
        {
            _starting.Release();
        }
    }
}
