using System.Diagnostics;
using System.Runtime.InteropServices;

namespace InterCluster.Bench;

/// <summary>A child process with its output in a file, ended by SIGTERM and, when that is not enough, by SIGKILL.</summary>
public sealed partial class ManagedProcess : IAsyncDisposable
{
    private const int Sigterm = 15;
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private readonly Process _process;
    private readonly string _log;

    private ManagedProcess(Process process, string log) => (_process, _log) = (process, log);

    public int Id => _process.Id;

    public static ManagedProcess Start(string log, string file, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start) ?? throw new InvalidOperationException($"{file} did not start");
        var writer = TextWriter.Synchronized(new StreamWriter(log) { AutoFlush = true });
        process.OutputDataReceived += (_, e) => writer.WriteLine(e.Data);
        process.ErrorDataReceived += (_, e) => writer.WriteLine(e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new ManagedProcess(process, log);
    }

    /// <summary>Starts this executable again in another role.</summary>
    public static ManagedProcess StartSelf(string log, IReadOnlyDictionary<string, string>? environment, params string[] arguments) =>
        Start(log, Environment.ProcessPath!, arguments, environment);

    /// <summary>Returns when the address answers; throws with the process's output when it ended or the time is up.</summary>
    public async Task WaitUntilAnswersAsync(HttpClient http, Uri url, CancellationToken ct)
    {
        var clock = Stopwatch.StartNew();
        while (!await AnswersAsync(http, url, ct))
        {
            if (_process.HasExited || clock.Elapsed > TimeSpan.FromSeconds(30))
            {
                throw new InvalidOperationException($"{_process.StartInfo.FileName} does not answer at {url}:\n{await File.ReadAllTextAsync(_log, ct)}");
            }

            await Task.Delay(50, ct);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _ = Kill(_process.Id, Sigterm);
            using var grace = new CancellationTokenSource(Grace);
            await _process.WaitForExitAsync(grace.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private static async Task<bool> AnswersAsync(HttpClient http, Uri url, CancellationToken ct)
    {
        try
        {
            using var answer = await http.GetAsync(url, ct);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);
}
