using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace InterCluster.EndToEnd.Tests.Support;

/// <summary>The server's program, as a process.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private const int KeptLines = 200;
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly Process _process;
    private bool _disposed;

    private ServerProcess(Process process) => _process = process;

    public bool HasExited => _process.HasExited;

    /// <summary>The last lines of both its outputs.</summary>
    public string Output => string.Join('\n', _lines);

    public static ServerProcess Start(params IEnumerable<string> arguments) => Start(arguments, []);

    public static ServerProcess Start(IEnumerable<string> arguments, Dictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "intercluster-server"), arguments)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        var server = new ServerProcess(Process.Start(start)!);
        server._process.OutputDataReceived += server.Keep;
        server._process.ErrorDataReceived += server.Keep;
        server._process.BeginOutputReadLine();
        server._process.BeginErrorReadLine();
        return server;
    }

    public async Task<int> ExitAsync(TimeSpan limit)
    {
        using var time = new CancellationTokenSource(limit);
        await _process.WaitForExitAsync(time.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Assert.True(_process.HasExited, $"The server did not end within {limit.TotalSeconds} s:\n{Output}");
        return _process.ExitCode;
    }

    /// <summary>SIGTERM.</summary>
    public async Task TerminateAsync()
    {
        using Process kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>SIGKILL, to the server alone.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await ExitAsync(Until.Patience);
    }

    public async ValueTask DisposeAsync()
    {
        // A killed server is let go before its node is: twice is no mistake.
        if (Interlocked.Exchange(ref _disposed, true))
        {
            return;
        }

        if (!_process.HasExited)
        {
            await TerminateAsync();
            using var time = new CancellationTokenSource(Until.Patience);
            await _process.WaitForExitAsync(time.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is { } text)
        {
            _lines.Enqueue(text);
        }

        while (_lines.Count > KeptLines)
        {
            _lines.TryDequeue(out _);
        }
    }
}
