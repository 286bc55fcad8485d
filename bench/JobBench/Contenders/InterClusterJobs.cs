using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using InterCluster.Bench.Jobs.Servers;

namespace InterCluster.Bench.Jobs.Contenders;

/// <summary>Which processes a contender of ours is made of.</summary>
internal enum Topology
{
    /// <summary>One process on SQLite.</summary>
    Embedded,

    /// <summary>PostgreSQL and RabbitMQ; one process with all roles, as each machine of a small installation runs it.</summary>
    Node,

    /// <summary>PostgreSQL and RabbitMQ; a process for each role.</summary>
    Roles,
}

/// <summary>
/// InterCluster as its users run it: submissions are HTTP calls with a token, each job passes the gateway's admission. The gateway alone takes the jobs; what
/// works on them starts later.
/// </summary>
internal sealed class InterClusterJobs(string name, Topology topology, string folder, JobServers servers, Uri upstream) : IJobSystem, IDisposable
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

    /// <summary>A sync call.</summary>
    public Uri Call => new($"http://127.0.0.1:{_port}/v4/{Project}/calls{upstream.AbsolutePath}");

    /// <summary>A call that becomes a run.</summary>
    public Uri Submit => new($"{Call}?async=true");

    /// <summary>Batches of the function.</summary>
    public Uri Batches => new($"http://127.0.0.1:{_port}/api/v1/projects/{Project}/apps/calls/functions{upstream.AbsolutePath}/batches");

    /// <summary>The project's key.</summary>
    public string Token { get; private set; } = "";

    /// <summary>Calls with that key.</summary>
    public HttpClient Client => _client ?? throw new InvalidOperationException("not prepared");

    public async Task PrepareAsync(CancellationToken ct)
    {
        _data = Path.Combine(folder, $"{name}-{Guid.NewGuid():N}");
        if (topology != Topology.Embedded)
        {
            servers.NewDatabase(Database);
        }

        await StartAsync("api", ct);
        Token = await DeployAsync(ct);
        _client = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false })
        {
            DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", Token) },
            Timeout = TimeSpan.FromMinutes(5),
        };
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

    /// <summary>Submits many as one batch, each with the query.</summary>
    public async Task SubmitBatchAsync(int jobs, string query, CancellationToken ct)
    {
        var lines = string.Concat(Enumerable.Repeat($$"""{"body":{},"query":"{{query.TrimStart('?')}}"}""" + "\n", jobs));
        using var body = new StringContent(lines, new MediaTypeHeaderValue("application/x-ndjson"));
        using var answer = await Client.PostAsync(Batches, body, ct);
        answer.EnsureSuccessStatusCode();
    }

    public async Task WorkAsync(CancellationToken ct)
    {
        if (topology == Topology.Roles)
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
            "--listen", $"http://127.0.0.1:{_port}", .. topology == Topology.Embedded ? [] : Distributed(),
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

    // As it is shipped: bench/jobs publishes it.
    private static string Executable() =>
        Environment.GetEnvironmentVariable("JOB_BENCH_SERVER") ?? throw new InvalidOperationException("JOB_BENCH_SERVER is not set: start with bench/jobs.");

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
