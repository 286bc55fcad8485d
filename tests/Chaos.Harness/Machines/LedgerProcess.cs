using System.Globalization;
using InterCluster.Chaos.Harness.Histories;
using InterCluster.Chaos.Harness.Ledger;
using InterCluster.Testing.Machines;

namespace InterCluster.Chaos.Harness.Machines;

/// <summary>The ledger's process. Nobody kills it: it is what the others are held to.</summary>
internal sealed class LedgerProcess : IAsyncDisposable
{
    private readonly string _file = Path.Combine(Directory.CreateTempSubdirectory("intercluster-ledger-").FullName, "ledger");
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(5) };
    private readonly ChildProcess _process;

    private LedgerProcess(TimeSpan latency, double failures, int seed)
    {
        int port = Ports.Take();
        Address = new Uri($"http://127.0.0.1:{port}");
        _process = ChildProcess.Start("intercluster-chaos",
        [
            "ledger", Text(port), _file, Text(latency.TotalMilliseconds), Text(failures), Text(seed),
        ]);
    }

    public Uri Address { get; }

    public IReadOnlyList<Invocation> Invocations => LedgerFile.Read(_file);

    public static async Task<LedgerProcess> StartAsync(TimeSpan latency = default, double failures = 0, int seed = 0)
    {
        var ledger = new LedgerProcess(latency, failures, seed);
        await Until.TrueAsync(ledger.AnswersAsync, "the ledger answers");
        return ledger;
    }

    /// <summary>Calls wait at their end from now on.</summary>
    public async Task HoldAsync() => (await _http.PostAsync(new Uri(Address, "/_hold"), null)).Dispose();

    /// <summary>Calls of the first attempts go on.</summary>
    public async Task FreeAsync(int attempts = int.MaxValue) => (await _http.PostAsync(new Uri(Address, $"/_free?attempts={Text(attempts)}"), null)).Dispose();

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _http.Dispose();
        Directory.Delete(Path.GetDirectoryName(_file)!, recursive: true);
    }

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);

    private async Task<bool> AnswersAsync()
    {
        if (_process.HasExited)
        {
            throw new InvalidOperationException($"The ledger has ended:\n{_process.Output}");
        }

        try
        {
            using HttpResponseMessage answer = await _http.GetAsync(Address);
            return true;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
