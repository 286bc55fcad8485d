using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using InterCluster.Core.Wire;
using InterCluster.Testing.Machines;

namespace InterCluster.EndToEnd.Tests.Support;

/// <summary>A server with a data folder and addresses of its own, which outlive its process: it can be killed and started again.</summary>
internal sealed class Node : IAsyncDisposable
{
    public const string Project = "p-e2e";

    private readonly string _root = Directory.CreateTempSubdirectory("intercluster-e2e-").FullName;
    private readonly string[] _arguments;
    private volatile TaskCompletionSource _up = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ServerProcess? _process;

    private Node(string[] settings)
    {
        Gateway = new Uri($"http://127.0.0.1:{Ports.Take()}");
        Control = new Uri($"http://127.0.0.1:{Ports.Take()}");
        int replicas = Ports.TakeRange();
        string[] all = [$"InterCluster:Replicas:FirstPort={replicas}", $"InterCluster:Replicas:LastPort={replicas + 99}", .. settings];
        _arguments =
        [
            "--data", Path.Combine(_root, "data"), "--listen", Address(Gateway), "--control", Address(Control), .. all.Select(s => $"--set={s}"),
        ];
        Admin = NewClient(Control);
        Calls = NewClient(Gateway);
    }

    public Uri Gateway { get; }

    public Uri Control { get; }

    /// <summary>The control API, with the admin key.</summary>
    public HttpClient Admin { get; }

    /// <summary>The gateway, with a key of the project.</summary>
    public HttpClient Calls { get; }

    public ServerProcess Process => _process!;

    /// <summary>Completes when the server is ready; renewed by a kill.</summary>
    public Task Up => _up.Task;

    public static async Task<Node> StartAsync(params string[] settings)
    {
        var node = new Node(settings);
        await node.StartAgainAsync();
        string admin = await File.ReadAllTextAsync(Path.Combine(node._root, "data", "admin-key"));
        node.Admin.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", admin.Trim());
        using HttpResponseMessage issued = await node.Admin.PostAsJsonAsync($"/api/v1/projects/{Project}/keys", new { name = "e2e" });
        string token = (await Json<KeyView>(issued)).Token!;
        node.Calls.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return node;
    }

    public async Task StartAgainAsync()
    {
        _process = ServerProcess.Start(_arguments);
        await Until.TrueAsync(IsReadyAsync, "the server is ready");
        _up.TrySetResult();
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        Interlocked.Exchange(ref _up!, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        await Process.KillAsync();
        await Process.DisposeAsync();
    }

    public async Task<bool> IsReadyAsync()
    {
        Assert.False(Process.HasExited, $"The server has ended:\n{Process.Output}");
        try
        {
            using HttpResponseMessage answer = await Admin.GetAsync("/readyz");
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>A client of the gateway with one connection and the project's key.</summary>
    public HttpClient NewConnection()
    {
        HttpClient client = NewClient(Gateway, connections: 1);
        client.DefaultRequestHeaders.Authorization = Calls.DefaultRequestHeaders.Authorization;
        return client;
    }

    /// <summary>A folder with one of the programs in <c>Apps</c>.</summary>
    public AppFolder Folder(string name, string program = "app.py") => new(Path.Combine(_root, name), program);

    public async Task DeployAsync(string app, string toml)
    {
        using var body = new StringContent($"[intercluster.deployment]\nname = \"{app}\"\n{toml}", new MediaTypeHeaderValue("application/toml"));
        using HttpResponseMessage answer = await Admin.PutAsync($"/api/v1/projects/{Project}/apps/{app}", body);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    public Task<HttpResponseMessage> CallAsync(string app, string path) => Calls.GetAsync($"/v4/{Project}/{app}/{path}");

    public async Task<Who> AskAsync(string app, string path = "who")
    {
        using HttpResponseMessage answer = await CallAsync(app, path);
        return await Json<Who>(answer);
    }

    public Task<ReplicaListView> ReplicasAsync(string app) => GetAsync<ReplicaListView>($"apps/{app}/replicas");

    public async Task<T> GetAsync<T>(string path)
    {
        using HttpResponseMessage answer = await Admin.GetAsync($"/api/v1/projects/{Project}/{path}");
        return await Json<T>(answer);
    }

    /// <summary>The sum of a metric over its tags; null when it was never counted.</summary>
    public async Task<double?> MetricAsync(string name)
    {
        string text = await Admin.GetStringAsync("/metrics");
        double[] values =
        [
            .. text.Split('\n').Where(l => l.StartsWith(name + "{", StringComparison.Ordinal) || l.StartsWith(name + " ", StringComparison.Ordinal))
                .Select(l => double.Parse(l[(l.LastIndexOf('}') + 1)..].Replace(name, "", StringComparison.Ordinal).Trim().Split(' ')[0], CultureInfo.InvariantCulture)),
        ];
        return values.Length > 0 ? values.Sum() : null;
    }

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        Admin.Dispose();
        Calls.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    public static async Task<T> Json<T>(HttpResponseMessage answer)
    {
        string text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{(int)answer.StatusCode}: {text}");
        return System.Text.Json.JsonSerializer.Deserialize<T>(text, WireJson.Options)!;
    }

    private static string Address(Uri uri) => uri.GetLeftPart(UriPartial.Authority);

    private static HttpClient NewClient(Uri address, int connections = int.MaxValue) =>
        new(new SocketsHttpHandler { UseProxy = false, MaxConnectionsPerServer = connections }) { BaseAddress = address, Timeout = Until.Patience };
}

/// <summary>What a replica says of itself.</summary>
internal sealed record Who(int Pid, string Version, int InFlight);
