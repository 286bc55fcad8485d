using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace InterCluster.Chaos.Harness.Machines;

/// <summary>A program beside us that can be killed, stopped and let go on.</summary>
internal sealed partial class ChildProcess : IAsyncDisposable
{
    private const int Sigcont = 18;
    private const int Sigstop = 19;
    private const int KeptLines = 100;
    private static readonly TimeSpan ExitTime = TimeSpan.FromSeconds(20);

    private readonly ConcurrentQueue<string> _lines = new();
    private readonly Process _process;

    private ChildProcess(Process process) => _process = process;

    public bool HasExited => _process.HasExited;

    /// <summary>The last lines of both its outputs.</summary>
    public string Output => string.Join('\n', _lines);

    /// <param name="program">A program that was built beside this one.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">Added to ours.</param>
    public static ChildProcess Start(string program, IEnumerable<string> arguments, params IEnumerable<KeyValuePair<string, string>> environment)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, program), arguments)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        var child = new ChildProcess(Process.Start(start)!);
        child._process.OutputDataReceived += child.Keep;
        child._process.ErrorDataReceived += child.Keep;
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        return child;
    }

    public void Pause() => Signal(Sigstop);

    public void Resume() => Signal(Sigcont);

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await ExitedAsync();
    }

    /// <summary>Waits until it has ended by itself; false when it has not in time.</summary>
    public async Task<bool> ExitedAsync()
    {
        using var limit = new CancellationTokenSource(ExitTime);
        await _process.WaitForExitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return _process.HasExited;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);

    private void Signal(int signal)
    {
        if (!_process.HasExited && Kill(_process.Id, signal) != 0)
        {
            throw new InvalidOperationException($"Process {_process.Id} took no signal {signal}.");
        }
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
