using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using InterCluster.Bench.Jobs.Servers;

namespace InterCluster.Bench.Jobs.Contenders;

/// <summary>
/// InterCluster as its users run it: submissions are HTTP calls with a token, each job passes the gateway's admission. Distributed: a process per role on
/// PostgreSQL and RabbitMQ. Embedded: one process on SQLite. The gateway alone takes the jobs; what works on them starts later.
/// </summary>
internal sealed class InterClusterJobs(string name, bool distributed, string folder, JobServers servers, Uri upstream) : IJobSystem, IDisposable
{
    private const string Database = "intercluster";
    private const string Project = "p-bench";
    private readonly int _port = Ports.Free();
    private readonly int _controlPort = Ports.Free();
    private readonly Stack<ManagedProcess> _processes = new();
    private string _data = "";
    private HttpClient? _client;

    public string Name => name;

    public double Share => 1;

    private Uri Submit => new($"http://127.0.0.1:{_port}/v4/{Project}/calls{upstream.AbsolutePath}?async=true");

    public async Task PrepareAsync(CancellationToken ct)
    {
        _data = Path.Combine(folder, $"{name}-{Guid.NewGuid():N}");
        if (distributed)
        {
            servers.NewDatabase(Database);
        }

        await StartAsync("api", ct);
        var token = await DeployAsync(ct);
        _client = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false }) { DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", token) } };
    }

    public async Task<TimeSpan> SubmitAsync(int jobs, int callers, CancellationToken ct)
    {
        var next = -1;
        var clock = Stopwatch.StartNew();
        async Task CallAsync()
        {
            while (Interlocked.Increment(ref next) is var i && i < jobs)
            {
                await SubmitOneAsync(i, ct);
            }
        }

        await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => CallAsync()));
        return clock.Elapsed;
    }

    /// <summary>Submits one; the id of its run.</summary>
    public async Task<string> SubmitOneAsync(int i, CancellationToken ct)
    {
        using var body = new StringContent($$"""{"i":{{i}}}""", new MediaTypeHeaderValue("application/json"));
        using var answer = await _client!.PostAsync(Submit, body, ct);
        answer.EnsureSuccessStatusCode();
        return answer.Headers.GetValues("X-Request-Id").First();
    }

    public async Task WorkAsync(CancellationToken ct)
    {
        if (distributed)
        {
            await StartAsync("dispatcher", ct);
            await StartAsync("workers", ct);
            return;
        }

        await _processes.Pop().DisposeAsync();
        await StartAsync("api,dispatcher,workers", ct);
    }

    public void Dispose() => _client?.Dispose();

    public async Task StopAsync()
    {
        Dispose();
        while (_processes.TryPop(out var process))
        {
            await process.DisposeAsync();
        }
    }

    private async Task StartAsync(string roles, CancellationToken ct)
    {
        var isGateway = roles.StartsWith("api", StringComparison.Ordinal);
        var control = isGateway ? _controlPort : Ports.Free();
        string[] arguments =
        [
            "--data", isGateway ? _data : Path.Combine(_data, roles), "--roles", roles, "--control", $"http://127.0.0.1:{control}",
            "--listen", $"http://127.0.0.1:{_port}", .. distributed ? Distributed() : [],
        ];
        var process = ManagedProcess.Start(Path.Combine(folder, $"{name}-{roles}.log"), Executable(), arguments);
        _processes.Push(process);
        using var http = new HttpClient();
        await process.WaitUntilAnswersAsync(http, new Uri($"http://127.0.0.1:{control}/readyz"), ct);
    }

    private string[] Distributed() =>
    [
        "--set", $"InterCluster:Storage:Postgres:ConnectionString={servers.Npgsql(Database)}",
        "--set", $"InterCluster:Bus:RabbitMq:Uri={servers.AmqpUri}",
        "--set", $"InterCluster:Invoker:GatewayUrl=http://127.0.0.1:{_port}",
    ];

    // artifacts/bin/<project>/<configuration>/: the server stands next to this project.
    private static string Executable()
    {
        var configuration = Path.GetFileName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        return Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../InterCluster.Server", configuration, "intercluster-server"));
    }

    private async Task<string> DeployAsync(CancellationToken ct)
    {
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{_controlPort}") };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(Path.Combine(_data, "admin-key"), ct)).Trim());
        using var toml = new StringContent($"""
            [intercluster.deployment]
            name = "calls"

            [intercluster.scaling]
            replica_concurrency = 256

            [intercluster.replicas]
            addresses = ["{upstream.GetLeftPart(UriPartial.Authority)}"]
            """, new MediaTypeHeaderValue("application/toml"));
        using var deployed = await http.PutAsync($"/api/v1/projects/{Project}/apps/calls", toml, ct);
        deployed.EnsureSuccessStatusCode();
        using var key = await http.PostAsJsonAsync($"/api/v1/projects/{Project}/keys", new { name = "bench" }, ct);
        key.EnsureSuccessStatusCode();
        return (await key.Content.ReadFromJsonAsync<JsonNode>(ct))!["token"]!.GetValue<string>();
    }
}
