using System.Net;
using System.Net.Sockets;

namespace InterCluster.Bench.Gateway.Contenders;

/// <summary>Starts the upstream and the proxies in front of it, each with a folder and a port of its own.</summary>
internal sealed class ContenderFactory : IAsyncDisposable
{
    private readonly string _work = Directory.CreateTempSubdirectory("gateway-bench-").FullName;
    private readonly HttpClient _http = new();
    private readonly ManagedProcess _upstream;
    private readonly string _upstreamAddress = $"127.0.0.1:{FreePort()}";
    private int _started;

    public ContenderFactory() => _upstream = ManagedProcess.StartSelf(
        Path.Combine(_work, "upstream.log"),
        new Dictionary<string, string> { ["DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS"] = "1", ["DOTNET_gcServer"] = "0" },
        "upstream", _upstreamAddress.Split(':')[1]);

    private string UpstreamUrl => $"http://{_upstreamAddress}";

    public async Task<Contender> StartAsync(string name, CancellationToken ct)
    {
        await _upstream.WaitUntilAnswersAsync(_http, new Uri(UpstreamUrl), ct);
        return name switch
        {
            Names.Direct => new Contender(name, new Target(UpstreamUrl, "", []), process: null),
            Names.Yarp => await StartYarpAsync(name, 0, inline: false, ct),
            Names.YarpInline => await StartYarpAsync(name, 0, inline: true, ct),
            Names.Nginx => await StartConfiguredAsync(name, "nginx", "nginx.conf", file => ["-c", file], ct),
            Names.HAProxy => await StartConfiguredAsync(name, "haproxy", "haproxy.cfg", file => ["-db", "-f", file], ct),
            Names.InterCluster => await StartInterClusterAsync(name, 1, ct),
            _ => throw new ArgumentException($"unknown contender {name}: one of {string.Join(", ", Names.All)}", nameof(name)),
        };
    }

    /// <summary>A proxy that routes to many apps.</summary>
    public async Task<Contender> StartWithAppsAsync(string name, int apps, CancellationToken ct) => name switch
    {
        Names.InterCluster => await StartInterClusterAsync(Names.WithApps(name, apps), apps, ct),
        _ => await StartYarpAsync(Names.WithApps(name, apps), apps, inline: false, ct),
    };

    public async ValueTask DisposeAsync()
    {
        await _upstream.DisposeAsync();
        _http.Dispose();
        Directory.Delete(_work, recursive: true);
    }

    private Task<Contender> StartInterClusterAsync(string name, int apps, CancellationToken ct) =>
        InterClusterServer.StartAsync(name, NewFolder(name), FreePort(), FreePort(), UpstreamUrl, apps, ct);

    private async Task<Contender> StartYarpAsync(string name, int apps, bool inline, CancellationToken ct)
    {
        var port = FreePort();
        IReadOnlyDictionary<string, string>? environment =
            inline ? new Dictionary<string, string> { ["DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS"] = "1" } : null;
        var process = ManagedProcess.StartSelf(
            Path.Combine(NewFolder(name), "log"), environment, "yarp", $"{port}", UpstreamUrl, $"{apps}", inline ? "inline" : "default");
        var prefix = apps == 0 ? "" : Target.AppPath(apps - 1);
        return await ReadyAsync(new Contender(name, new Target($"http://127.0.0.1:{port}", prefix, [], apps), process), process, ct);
    }

    private async Task<Contender> StartConfiguredAsync(string name, string program, string template, Func<string, string[]> arguments, CancellationToken ct)
    {
        var (folder, port) = (NewFolder(name), FreePort());
        var text = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Contenders", template), ct);
        var file = Path.Combine(folder, template);
        await File.WriteAllTextAsync(
            file,
            text.Replace("${work}", folder).Replace("${port}", $"{port}").Replace("${upstream}", _upstreamAddress),
            ct);
        var process = ManagedProcess.Start(Path.Combine(folder, "log"), program, arguments(file));
        return await ReadyAsync(new Contender(name, new Target($"http://127.0.0.1:{port}", "", []), process), process, ct);
    }

    private async Task<Contender> ReadyAsync(Contender contender, ManagedProcess process, CancellationToken ct)
    {
        await process.WaitUntilAnswersAsync(_http, contender.Target.Url("/"), ct);
        return contender;
    }

    private string NewFolder(string name) =>
        Directory.CreateDirectory(Path.Combine(_work, $"{Interlocked.Increment(ref _started)}-{name.Replace(", ", "-").Replace(' ', '-')}")).FullName;

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
