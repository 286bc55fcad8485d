namespace InterCluster.Bench.Jobs.Servers;

/// <summary>PostgreSQL, RabbitMQ and Redis, each in a folder and on ports of its own, with its durable settings: what is compared is kept on disk.</summary>
internal sealed class JobServers : IAsyncDisposable
{
    // No superuser: row-level security is part of what is measured.
    private const string Role = "bench";
    private readonly Stack<IAsyncDisposable> _running = new();

    public required int PostgresPort { get; init; }

    public required int RabbitPort { get; init; }

    public required int RedisPort { get; init; }

    private int EpmdPort { get; } = Ports.Free();

    public string AmqpUri => $"amqp://guest:guest@127.0.0.1:{RabbitPort}/";

    public static async Task<JobServers> StartAsync(string folder, CancellationToken ct)
    {
        var servers = new JobServers { PostgresPort = Ports.Free(), RabbitPort = Ports.Free(), RedisPort = Ports.Free() };
        try
        {
            servers._running.Push(Postgres(folder, servers.PostgresPort));
            servers._running.Push(Rabbit(folder, servers.RabbitPort, servers.EpmdPort));
            servers._running.Push(Redis(folder, servers.RedisPort));
            await Task.WhenAll(new[] { servers.PostgresPort, servers.RabbitPort, servers.RedisPort }.Select(port => Ports.WaitAsync(port, ct)));
            servers.Psql($"CREATE ROLE {Role} LOGIN");
            return servers;
        }
        catch
        {
            await servers.DisposeAsync();
            throw;
        }
    }

    /// <summary>An ADO.NET connection string.</summary>
    public string Npgsql(string database) => $"Host=127.0.0.1;Port={PostgresPort};Username={Role};Database={database}";

    /// <summary>A libpq URL.</summary>
    public string PostgresUrl(string database) => $"postgres://{Role}@127.0.0.1:{PostgresPort}/{database}";

    /// <summary>Makes an empty database, in place of the one before.</summary>
    public void NewDatabase(string name)
    {
        Psql($"DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)");
        Psql($"CREATE DATABASE \"{name}\" OWNER {Role}");
    }

    /// <summary>What autovacuum would have done in the minutes that a backlog usually takes to come together: without it some planners go by an empty table.</summary>
    public void Analyze() => ServerUser.Run("vacuumdb", "-q", "-h", "127.0.0.1", "-p", $"{PostgresPort}", "-U", "postgres", "--all", "--analyze");

    public async ValueTask DisposeAsync()
    {
        while (_running.TryPop(out var server))
        {
            await server.DisposeAsync();
        }

        // Erlang's name server outlives its node.
        ServerUser.Run("/usr/bin/env", $"ERL_EPMD_PORT={EpmdPort}", "epmd", "-kill");
    }

    private static ManagedProcess Postgres(string folder, int port)
    {
        var data = ServerUser.Folder(folder, "postgres", "postgres");
        var bin = Directory.GetDirectories("/usr/lib/postgresql").Max() + "/bin";
        var (file, arguments) = ServerUser.As("postgres", $"{bin}/initdb", "-D", data, "-U", "postgres", "-A", "trust", "--encoding=UTF8");
        ServerUser.Run(file, arguments);
        // The same for all who use it; durable: fsync and synchronous_commit stay on.
        (file, arguments) = ServerUser.As(
            "postgres", $"{bin}/postgres", "-D", data, "-p", $"{port}", "-c", "listen_addresses=127.0.0.1", "-c", $"unix_socket_directories={data}",
            "-c", "shared_buffers=512MB", "-c", "max_wal_size=4GB", "-c", "max_connections=200");
        return ManagedProcess.Start(Path.Combine(folder, "postgres.log"), file, arguments);
    }

    private static ManagedProcess Rabbit(string folder, int port, int epmdPort)
    {
        var home = ServerUser.Folder(folder, "rabbit", "rabbitmq");
        var (file, arguments) = ServerUser.As("rabbitmq", "/usr/lib/rabbitmq/bin/rabbitmq-server");
        return ManagedProcess.Start(Path.Combine(folder, "rabbit.log"), file, arguments, new Dictionary<string, string>
        {
            ["HOME"] = home,
            ["RABBITMQ_NODENAME"] = $"bench{port}@localhost",
            ["RABBITMQ_NODE_IP_ADDRESS"] = "127.0.0.1",
            ["RABBITMQ_NODE_PORT"] = $"{port}",
            ["RABBITMQ_DIST_PORT"] = $"{Ports.Free()}",
            ["ERL_EPMD_PORT"] = $"{epmdPort}",
            ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
            ["RABBITMQ_MNESIA_BASE"] = home,
            ["RABBITMQ_LOG_BASE"] = home,
            ["RABBITMQ_ENABLED_PLUGINS_FILE"] = Path.Combine(home, "plugins"),
            ["RABBITMQ_PID_FILE"] = Path.Combine(home, "pid"),
        });
    }

    // As BullMQ's guide asks: no eviction, and an append-only file.
    private static ManagedProcess Redis(string folder, int port) => ManagedProcess.Start(
        Path.Combine(folder, "redis.log"), "redis-server",
        ["--port", $"{port}", "--bind", "127.0.0.1", "--dir", Directory.CreateDirectory(Path.Combine(folder, "redis")).FullName, "--appendonly", "yes", "--maxmemory-policy", "noeviction"]);

    private void Psql(string statement) =>
        ServerUser.Run("psql", "-q", "-h", "127.0.0.1", "-p", $"{PostgresPort}", "-U", "postgres", "-c", statement);
}
