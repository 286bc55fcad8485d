using System.Globalization;
using InterCluster.Testing.Machines;
using Testcontainers.PostgreSql;

namespace InterCluster.Testing.Postgres;

/// <summary>PostgreSQL as a container, on a host port that stays the same when it comes back.</summary>
internal sealed class ContainerPostgres : IServerHost
{
    private const string DefaultImage = "postgres:15";
    private const int Inside = 5432;

    private readonly PostgreSqlContainer _container;

    public ContainerPostgres()
    {
        _container = new PostgreSqlBuilder(NamedImage ?? DefaultImage)
            .WithUsername(User)
            .WithPassword(Password)
            // As many as the system's own is given: each test has its own database and so its own pool.
            .WithCommand("-c", "max_connections=300", "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=on")
            .WithPortBinding(Port.ToString(CultureInfo.InvariantCulture), Inside.ToString(CultureInfo.InvariantCulture))
            .Build();
    }

    /// <summary>The image that somebody asked for.</summary>
    public static string? NamedImage => Environment.GetEnvironmentVariable("INTERCLUSTER_TEST_POSTGRES_IMAGE") is { Length: > 0 } named ? named : null;

    public int Port { get; } = Ports.Take();

    public string User => "intercluster";

    public string Password => "intercluster";

    public Task StartAsync() => _container.StartAsync();

    public Task KillAsync() => DockerEngine.KillAsync(_container.Id);

    public ValueTask DisposeAsync() => _container.DisposeAsync();
}
