using System.Net;
using InterCluster.Testing.Machines;

namespace InterCluster.Chaos.Harness.Machines;

/// <summary>A server with a folder and addresses of its own, which outlive its process.</summary>
internal sealed class Member : IVictim, IAsyncDisposable
{
    private readonly string[] _arguments;
    private readonly HttpClient _http;
    private ChildProcess? _process;

    public Member(string name, string folder, params IEnumerable<string> arguments)
    {
        Name = name;
        Gateway = new Uri($"http://127.0.0.1:{Ports.Take()}");
        Control = new Uri($"http://127.0.0.1:{Ports.Take()}");
        _arguments = ["--data", folder, "--listen", Gateway.GetLeftPart(UriPartial.Authority), "--control", Control.GetLeftPart(UriPartial.Authority), .. arguments];
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = Control, Timeout = TimeSpan.FromSeconds(5) };
    }

    public string Name { get; }

    public bool CanPause => true;

    public Uri Gateway { get; }

    public Uri Control { get; }

    /// <summary>What its next process fails on: a plan for <c>INTERCLUSTER_FAILPOINTS</c>.</summary>
    public string Failures { get; set; } = "";

    public ChildProcess Process => _process ?? throw new InvalidOperationException($"{Name} was not started.");

    public async Task StartAgainAsync()
    {
        _process = ChildProcess.Start("intercluster-server", _arguments, KeyValuePair.Create(Core.Failures.Failpoint.Variable, Failures));
        await Until.TrueAsync(IsReadyAsync, TimeSpan.FromMinutes(2), $"{Name} is ready:\n{_process.Output}");
    }

    public async Task KillAsync()
    {
        await Process.KillAsync();
        await Process.DisposeAsync();
    }

    public void Pause() => Process.Pause();

    public void Resume() => Process.Resume();

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        _http.Dispose();
    }

    private async Task<bool> IsReadyAsync()
    {
        // One that fails on purpose may have done so already.
        if (Process.HasExited && Failures.Length == 0)
        {
            throw new InvalidOperationException($"{Name} has ended:\n{Process.Output}");
        }

        try
        {
            using HttpResponseMessage answer = await _http.GetAsync("/readyz");
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return Process.HasExited;
        }
    }
}
