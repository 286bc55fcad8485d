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

    private readonly SharedHost<IServerHost> _server;

    public PostgresServer()
        : this(SharedHost<IServerHost>.WhereItCan("PostgreSQL", ContainerPostgres.NamedImage, () => new ContainerPostgres(), () => new NativePostgres(), PrepareAsync))
    {
    }

    private PostgresServer(SharedHost<IServerHost> server) => _server = server;

    /// <summary>One in a container, whatever the others are, for tests that have asked for an engine.</summary>
    public static PostgresServer InContainer() => new(SharedHost<IServerHost>.InContainer(() => new ContainerPostgres(), PrepareAsync));

    /// <summary>A new, empty database, or a copy of another one.</summary>
    public async Task<PostgresTestDatabase> NewDatabaseAsync(string? template = null)
    {
        await _server.EnsureStartedAsync();
        string name = $"t{Guid.NewGuid():N}";
        await CreateAsync($"create database {name} owner {Role}{(template is null ? "" : $" template {template}")}");
        return new PostgresTestDatabase(this, name);
    }

    /// <summary>kill -9.</summary>
    public Task KillAsync() => _server.Host.KillAsync();

    public Task StartAgainAsync() => _server.Host.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    /// <summary>The database's owner, with no rights beyond it.</summary>
    public string ConnectionString(string database) => ConnectionString(_server.Host.Port, Role, Role, database);

    public Task DropAsync(string database) => CreateAsync($"drop database if exists {database} with (force)");

    internal static string ConnectionString(IServerHost host, string database) => ConnectionString(host.Port, host.User, host.Password, database);

    internal Task RunInAsync(string database, string sql) => RunAsync(ConnectionString(database), sql);

    private static string ConnectionString(int port, string user, string password, string database) =>
        $"Host=127.0.0.1;Port={port};Username={user};Password={password};Database={database}";

    // As the superuser.
    private Task CreateAsync(string sql) => CreateAsync(_server.Host, sql);

    private static Task CreateAsync(IServerHost host, string sql) => RunAsync(ConnectionString(host, "postgres"), sql);

    private static Task PrepareAsync(IServerHost host) => CreateAsync(host, $"create role {Role} login password '{Role}'");

    private static async Task RunAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using NpgsqlCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // Names made here.
        command.CommandText = sql;
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
    }
}
