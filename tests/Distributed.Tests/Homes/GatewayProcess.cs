using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.InteropServices;
using InterCluster.Core.Wire;
using InterCluster.Distributed.Tests.Support;
using InterCluster.Testing.Machines;

namespace InterCluster.Distributed.Tests.Homes;

/// <summary>A gateway as a process, which can be killed, stopped and let go on.</summary>
internal sealed partial class GatewayProcess : IAsyncDisposable
{
    public const string Project = "p-homes";

    private readonly ConcurrentQueue<string> _lines = new();
    private readonly Process _process;
    private readonly string _folder;

    private GatewayProcess(Process process, string folder, Uri data, Uri control, string adminKey)
    {
        (_process, _folder) = (process, folder);
        Client = NewClient(data, adminKey);
        Control = NewClient(control, adminKey);
        process.OutputDataReceived += Keep;
        process.ErrorDataReceived += Keep;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public HttpClient Client { get; }

    public HttpClient Control { get; }

    public Uri Address => Client.BaseAddress!;

    public string Output => string.Join('\n', _lines);

    public static async Task<GatewayProcess> StartAsync(string connection, string adminKeyFile, params string[] settings)
    {
        string folder = Directory.CreateTempSubdirectory("intercluster-homes-").FullName;
        var (data, control) = (new Uri($"http://127.0.0.1:{Ports.Take()}"), new Uri($"http://127.0.0.1:{Ports.Take()}"));
        string[] all =
        [
            $"InterCluster:Storage:Postgres:ConnectionString={connection}", $"InterCluster:Identity:AdminKeyFile={adminKeyFile}",
            "InterCluster:Homes:Lease=00:00:04", "InterCluster:Homes:RenewEvery=00:00:00.8", "InterCluster:Homes:Rest=00:00:02", .. settings,
        ];
        var start = new ProcessStartInfo(
            Path.Combine(AppContext.BaseDirectory, "intercluster-server"),
            ["--data", folder, "--roles", "api", "--listen", Text(data), "--control", Text(control), .. all.Select(s => $"--set={s}")])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        Process process = Process.Start(start)!;
        await Until.TrueAsync(() => Task.FromResult(File.Exists(adminKeyFile) || process.HasExited), "the admin key is there");
        var gateway = new GatewayProcess(process, folder, data, control, (await File.ReadAllTextAsync(adminKeyFile)).Trim());
        await Until.TrueAsync(gateway.IsReadyAsync, "the gateway is ready");
        return gateway;
    }

    public void Pause() => Signal(19);

    public void Resume() => Signal(18);

    public void Terminate() => Signal(15);

    public Task ExitedAsync() => _process.WaitForExitAsync();

    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async Task<bool> IsReadyAsync()
    {
        Assert.False(_process.HasExited, Output);
        try
        {
            using HttpResponseMessage answer = await Control.GetAsync("/readyz");
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    public async Task DeployAsync(string app, string address, string tables = "")
    {
        string toml = $"[intercluster.deployment]\nname = \"{app}\"\n[intercluster.replicas]\naddresses = [\"{address}\"]\n{tables}";
        using var body = new StringContent(toml, new MediaTypeHeaderValue("application/toml"));
        using HttpResponseMessage answer = await Control.PutAsync($"/api/v1/projects/{Project}/apps/{app}", body);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    public async Task<AppView> AppAsync(string app) =>
        (await Control.GetFromJsonAsync<AppView>($"/api/v1/projects/{Project}/apps/{app}", WireJson.Options))!;

    /// <summary>The sum of a metric whose line has all of these words.</summary>
    public async Task<double> MetricAsync(params string[] words) => (await Control.GetStringAsync("/metrics")).Split('\n')
        .Where(line => !line.StartsWith('#') && words.All(w => line.Contains(w, StringComparison.Ordinal)))
        .Sum(line => double.Parse(line[(line.LastIndexOf('}') + 1)..].Trim().Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture));

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
        Client.Dispose();
        Control.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static string Text(Uri address) => address.GetLeftPart(UriPartial.Authority);

    private static HttpClient NewClient(Uri address, string key)
    {
        var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = address, Timeout = TimeSpan.FromSeconds(60) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);

    private void Signal(int signal) => Assert.Equal(0, Kill(_process.Id, signal));

    private void Keep(object sender, DataReceivedEventArgs line) => _lines.Enqueue(line.Data ?? "");
}
