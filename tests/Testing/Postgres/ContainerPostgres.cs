using System.Globalization;
using InterCluster.Testing.Machines;
using Testcontainers.PostgreSql;

namespace InterCluster.Testing.Postgres;

/// <summary>PostgreSQL as a container, on a host port that stays the same when it comes back.</summary>
internal sealed class ContainerPostgres : IPostgresHost
{
    private const string DefaultImage = "postgres:15";
    private const int Inside = 5432;

    private readonly PostgreSqlContainer _container;

    public ContainerPostgres()
    {
        string image = Environment.GetEnvironmentVariable("INTERCLUSTER_TEST_POSTGRES_IMAGE") is { Length: > 0 } named ? named : DefaultImage;
        _container = new PostgreSqlBuilder(image)
            .WithUsername(User)
            .WithPassword(Password)
            .WithPortBinding(Port.ToString(CultureInfo.InvariantCulture), Inside.ToString(CultureInfo.InvariantCulture))
            .Build();
    }

    public int Port { get; } = Ports.Take();

    public string User => "intercluster";

    public string Password => "intercluster";

    public Task StartAsync() => _container.StartAsync();

    public async Task KillAsync()
    {
        // The server is the container's first process, which a signal from within does not reach.
        await _container.ExecAsync(["/bin/sh", "-c", "kill -9 $(pgrep -P 1) || true"]);
        await _container.StopAsync();
    }

    public ValueTask DisposeAsync() => _container.DisposeAsync();
}
