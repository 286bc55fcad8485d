namespace InterCluster.Testing.Postgres;

/// <summary>A database of one test.</summary>
public sealed class PostgresTestDatabase(PostgresServer server, string name) : IAsyncDisposable
{
    public string Name => name;

    public string ConnectionString => server.ConnectionString(name);

    public PostgresServer Server => server;

    /// <summary>The same database by another way: a proxy's.</summary>
    public string ConnectionStringBy(int port) => new Npgsql.NpgsqlConnectionStringBuilder(ConnectionString) { Port = port }.ConnectionString;

    public int Port => new Npgsql.NpgsqlConnectionStringBuilder(ConnectionString).Port;

    public Task RunAsync(string sql) => server.RunInAsync(name, sql);

    public async ValueTask DisposeAsync() => await server.DropAsync(name);
}
