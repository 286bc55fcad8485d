using InterCluster.Testing.Postgres;

namespace InterCluster.Distributed.Tests.Homes;

/// <summary>Some gateways on one database.</summary>
internal sealed class Gateways : IAsyncDisposable
{
    private readonly PostgresTestDatabase _database;
    private readonly string _folder = Directory.CreateTempSubdirectory("intercluster-homes-key-").FullName;
    private readonly string[] _settings;
    private int _next;

    private Gateways(PostgresTestDatabase database, string[] settings) => (_database, _settings) = (database, settings);

    public List<GatewayProcess> All { get; } = [];

    public static async Task<Gateways> StartAsync(PostgresServer server, int count, params string[] settings)
    {
        var gateways = new Gateways(await server.NewDatabaseAsync(), settings);
        await gateways.AddAsync();
        // The first has made the tables and the key.
        await Task.WhenAll(Enumerable.Range(1, count - 1).Select(_ => gateways.AddAsync()));
        return gateways;
    }

    public async Task<GatewayProcess> AddAsync()
    {
        GatewayProcess gateway = await GatewayProcess.StartAsync(_database.ConnectionString, Path.Combine(_folder, "admin-key"), _settings);
        lock (All)
        {
            All.Add(gateway);
        }

        return gateway;
    }

    /// <summary>Deploys, and returns the app's home and another gateway.</summary>
    public async Task<(GatewayProcess Home, GatewayProcess Other)> DeployApartAsync(string app, string address, string tables = "")
    {
        await DeployAsync(app, address, tables);
        GatewayProcess home = await HomeAsync(app, All[0]);
        return (home, All.First(g => g != home));
    }

    /// <summary>Deploys at one, and returns when all know of it.</summary>
    public async Task DeployAsync(string app, string address, string tables = "")
    {
        await All[0].DeployAsync(app, address, tables);
        foreach (GatewayProcess gateway in All)
        {
            await Support.Until.TrueAsync(
                async () => (await gateway.Control.GetStringAsync($"/api/v1/projects/{GatewayProcess.Project}/apps")).Contains($"\"{app}\"", StringComparison.Ordinal),
                "every gateway knows the app");
        }
    }

    /// <summary>The gateways in turn.</summary>
    public GatewayProcess InTurn(IReadOnlyList<GatewayProcess> among) => among[(int)((uint)Interlocked.Increment(ref _next) % among.Count)];

    /// <summary>The home of an app, as any of these see it.</summary>
    public async Task<GatewayProcess> HomeAsync(string app, GatewayProcess asked)
    {
        GatewayProcess? home = null;
        await Support.Until.TrueAsync(
            async () => (await asked.AppAsync(app)).Home is { } address && (home = All.Find(g => g.Address == new Uri(address))) is not null, "the app has a home");
        return home!;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (GatewayProcess gateway in All)
        {
            await gateway.DisposeAsync();
        }

        await _database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
