using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using InterCluster.Core.Wire;
using InterCluster.Testing.Postgres;
using InterCluster.Testing.RabbitMq;

namespace InterCluster.Chaos.Harness.Machines;

/// <summary>Servers with what they stand on, each a process of its own.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    public const string Project = "p-chaos";
    public const string App = "ledger";

    // A lease that fits the time at hand. No run may use up its workers: what is shown is that each is carried out.
    private static readonly string[] Pace =
    [
        "InterCluster:Workers:Lease=00:00:05", "InterCluster:Workers:RenewEvery=00:00:01", "InterCluster:Workers:LeaseMargin=00:00:01",
        "InterCluster:Dispatcher:MaxCrashes=100",
    ];

    private readonly string _root = Directory.CreateTempSubdirectory("intercluster-chaos-").FullName;
    private readonly PostgresServer _postgres = new();
    private readonly RabbitMqServer _broker = new();

    private Cluster(ClusterPlan plan) => Plan = plan;

    public ClusterPlan Plan { get; }

    public IReadOnlyList<Member> Members { get; private set; } = [];

    /// <summary>The servers that take calls.</summary>
    public IReadOnlyList<Member> Gateways { get; private set; } = [];

    /// <summary>Everything that can be killed.</summary>
    public IReadOnlyList<IVictim> Victims { get; private set; } = [];

    /// <summary>A token of the project.</summary>
    public string Token { get; private set; } = "";

    private string AdminKeyFile => Path.Combine(_root, "admin-key");

    public static async Task<Cluster> StartAsync(ClusterPlan plan, params string[] settings)
    {
        var cluster = new Cluster(plan);
        try
        {
            await cluster.StartMembersAsync([.. Pace, .. settings]);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Deploys the app whose only replica is the ledger.</summary>
    public Task DeployAsync(Uri ledger, int concurrency = 100) => DeployAsync(
        App, $"[intercluster.replicas]\naddresses = [\"{ledger.GetLeftPart(UriPartial.Authority)}\"]\n[intercluster.scaling]\nreplica_concurrency = {concurrency}");

    /// <summary>A client of a gateway with one connection and the project's key.</summary>
    public HttpClient NewCaller(Member gateway) => NewClient(gateway.Gateway, Token);

    /// <summary>A client of a member's control plane with the admin key.</summary>
    public async Task<HttpClient> NewAdminAsync(Member member) => NewClient(member.Control, await AdminKeyAsync());

    /// <summary>The sum of a member's metrics whose line contains all of these words.</summary>
    public async Task<double> MetricAsync(Member member, params string[] words)
    {
        using HttpClient admin = NewClient(member.Control, await AdminKeyAsync());
        string text = await admin.GetStringAsync("/metrics");
        return text.Split('\n').Where(line => !line.StartsWith('#') && words.All(w => line.Contains(w, StringComparison.Ordinal)))
            .Sum(line => double.Parse(line[(line.LastIndexOf('}') + 1)..].Trim().Split(' ')[0], CultureInfo.InvariantCulture));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (Member member in Members)
        {
            await member.DisposeAsync();
        }

        await _broker.DisposeAsync();
        await _postgres.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    private static bool IsGateway(string roles) => roles.Contains("api", StringComparison.Ordinal);

    private static HttpClient NewClient(Uri address, string token)
    {
        var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, MaxConnectionsPerServer = 1, ConnectTimeout = TimeSpan.FromSeconds(2) })
        {
            BaseAddress = address, Timeout = TimeSpan.FromSeconds(30),
        };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    private async Task StartMembersAsync(IEnumerable<string> settings)
    {
        var victims = new List<IVictim>();
        List<string> all = [.. settings, $"InterCluster:Identity:AdminKeyFile={AdminKeyFile}"];
        if (Plan.OnPostgres)
        {
            all.Add($"InterCluster:Storage:Postgres:ConnectionString={(await _postgres.NewDatabaseAsync()).ConnectionString}");
            victims.Add(new DatabaseVictim(_postgres));
        }

        if (Plan.OnRabbitMq)
        {
            all.Add($"InterCluster:Bus:RabbitMq:Uri={(await _broker.NewVirtualHostAsync()).Address}");
            victims.Add(new BrokerVictim(_broker));
        }

        Members = MakeMembers(all);
        Gateways = [.. Members.Where((_, i) => IsGateway(Plan.Members[i].Roles))];
        Victims = [.. victims, .. Members];
        // One after the other: the first makes the tables and the admin's key.
        foreach (Member member in Members)
        {
            await member.StartAgainAsync();
        }

        Token = await IssueTokenAsync();
    }

    // The first has a gateway: the workers without one have their runs carried out there.
    private List<Member> MakeMembers(IReadOnlyCollection<string> settings)
    {
        var members = new List<Member>();
        foreach ((string name, string roles) in Plan.Members)
        {
            IEnumerable<string> own = IsGateway(roles) ? settings : settings.Append($"InterCluster:Invoker:GatewayUrl={members[0].Gateway.GetLeftPart(UriPartial.Authority)}");
            members.Add(new Member(name, Path.Combine(_root, name), ["--roles", roles, .. own.Select(s => $"--set={s}")]));
        }

        return members;
    }

    private async Task<string> IssueTokenAsync()
    {
        using HttpClient admin = NewClient(Gateways[0].Control, await AdminKeyAsync());
        using HttpResponseMessage issued = await admin.PostAsJsonAsync($"/api/v1/projects/{Project}/keys", new { name = "chaos" });
        issued.EnsureSuccessStatusCode();
        return (await issued.Content.ReadFromJsonAsync<KeyView>(WireJson.Options))!.Token!;
    }

    private async Task DeployAsync(string app, string toml)
    {
        using HttpClient admin = NewClient(Gateways[0].Control, await AdminKeyAsync());
        using var body = new StringContent($"[intercluster.deployment]\nname = \"{app}\"\n{toml}", new MediaTypeHeaderValue("application/toml"));
        using HttpResponseMessage answer = await admin.PutAsync($"/api/v1/projects/{Project}/apps/{app}", body);
        if (!answer.IsSuccessStatusCode)
        {
            throw new InvalidOperationException($"The ledger could not be deployed: {await answer.Content.ReadAsStringAsync()}");
        }
    }

    private async Task<string> AdminKeyAsync() => (await File.ReadAllTextAsync(AdminKeyFile)).Trim();
}
