using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace InterCluster.Bench.Gateway.Contenders;

/// <summary>
/// The server as its users run it: all roles in one process, everything on, the upstream deployed as a static app through the control API,
/// called with a token that was issued there.
/// </summary>
internal static class InterClusterServer
{
    public static async Task<Contender> StartAsync(
        string name, string folder, int port, int controlPort, string upstream, int apps, CancellationToken ct)
    {
        var control = new Uri($"http://127.0.0.1:{controlPort}");
        var data = Path.Combine(folder, "data");
        var process = ManagedProcess.Start(
            Path.Combine(folder, "log"), Executable(), ["--data", data, "--listen", $"http://127.0.0.1:{port}", "--control", control.ToString().TrimEnd('/')]);
        var http = new HttpClient { BaseAddress = control };
        await process.WaitUntilAnswersAsync(http, new Uri(control, "/readyz"), ct);
        var admin = (await File.ReadAllTextAsync(Path.Combine(data, "admin-key"), ct)).Trim();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", admin);
        await DeployAsync(http, upstream, apps, ct);
        var token = await IssueTokenAsync(http, ct);
        var target = new Target($"http://127.0.0.1:{port}", Target.AppPath(apps - 1), [$"Authorization: Bearer {token}"], apps);
        return new Contender(name, target, process) { Notes = token => StallsAsync(http, token) };
    }

    private static string Executable()
    {
        // artifacts/bin/<project>/<configuration>/: the server stands next to this project.
        var configuration = Path.GetFileName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var path = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../InterCluster.Server", configuration, "intercluster-server"));
        return File.Exists(path) ? path : throw new FileNotFoundException("Build the server first: dotnet build -c Release src/Server", path);
    }

    private static Task DeployAsync(HttpClient http, string upstream, int apps, CancellationToken ct) =>
        Parallel.ForAsync(0, apps, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = ct }, async (app, token) =>
        {
            var name = $"app-{app}";
            using var toml = new StringContent($"""
                [intercluster.deployment]
                name = "{name}"

                [intercluster.scaling]
                replica_concurrency = 10000

                [intercluster.replicas]
                addresses = ["{upstream}"]
                """, new MediaTypeHeaderValue("application/toml"));
            using var answer = await http.PutAsync($"/api/v1/projects/{Target.Project}/apps/{name}", toml, token);
            await EnsureSuccessAsync(answer, token);
        });

    private static async Task<string> IssueTokenAsync(HttpClient http, CancellationToken ct)
    {
        using var answer = await http.PostAsJsonAsync($"/api/v1/projects/{Target.Project}/keys", new { name = "bench" }, ct);
        await EnsureSuccessAsync(answer, ct);
        return (await answer.Content.ReadFromJsonAsync<JsonNode>(ct))!["token"]!.GetValue<string>();
    }

    /// <summary>What the stall detector saw: a request that blocked a thread that all requests share.</summary>
    private static async Task<string> StallsAsync(HttpClient http, CancellationToken ct)
    {
        var lines = (await http.GetStringAsync("/metrics", ct)).Split('\n').Where(line => line.StartsWith("intercluster_io_stalls", StringComparison.Ordinal));
        var text = string.Join(", ", lines);
        return text.Length > 0 ? text : "no metric intercluster_io_stalls";
    }

    private static async Task EnsureSuccessAsync(HttpResponseMessage answer, CancellationToken ct)
    {
        if (!answer.IsSuccessStatusCode)
        {
            throw new InvalidOperationException($"{answer.RequestMessage?.RequestUri} answered {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync(ct)}");
        }
    }
}
