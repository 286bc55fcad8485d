using InterCluster.Testing.Postgres;
using InterCluster.Testing.RabbitMq;

namespace InterCluster.Distributed.Tests.Support;

/// <summary>A database and a virtual host that the servers of one test share, and nobody else.</summary>
internal sealed class Cluster(RabbitMqVirtualHost host, PostgresTestDatabase database) : IAsyncDisposable
{
    private TestServer? _gateway;

    public PostgresTestDatabase Database => database;

    /// <summary>The process that has the role of the gateway to itself.</summary>
    public TestServer Gateway => _gateway ?? throw new InvalidOperationException("This cluster was not started with a gateway.");

    public static async Task<Cluster> EmptyAsync(RabbitMqServer broker, PostgresServer database) =>
        new(await broker.NewVirtualHostAsync(), await database.NewDatabaseAsync());

    public static async Task<Cluster> WithGatewayAsync(RabbitMqServer broker, PostgresServer database)
    {
        Cluster cluster = await EmptyAsync(broker, database);
        cluster._gateway = await cluster.StartAsync("api");
        return cluster;
    }

    /// <summary>A process of some roles; it ends with the test that has asked for it.</summary>
    public Task<TestServer> StartAsync(string roles, params string[] settings) => TestServer.StartAsync(
        roles,
        host.Address,
        [
            $"InterCluster:Storage:Postgres:ConnectionString={database.ConnectionString}",
            .. _gateway is null ? Array.Empty<string>() : [$"InterCluster:Invoker:GatewayUrl={_gateway.Client.BaseAddress}"],
            .. settings,
        ]);

    public async ValueTask DisposeAsync()
    {
        await (_gateway?.DisposeAsync() ?? default);
        await database.DisposeAsync();
        await host.DisposeAsync();
    }
}
