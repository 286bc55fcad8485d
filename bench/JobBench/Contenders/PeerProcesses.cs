using System.Diagnostics;
using System.Text.Json.Nodes;

namespace InterCluster.Bench.Jobs.Contenders;

/// <summary>A job system whose client and worker are programs: one prints <c>{"seconds": …}</c>, the other works until it is ended.</summary>
internal sealed class PeerProcesses(string name, double share, string folder, Action prepare, Func<int, int, Command> submit, Command work) : IJobSystem
{
    private ManagedProcess? _worker;

    public string Name => name;

    public double Share => share;

    public Task PrepareAsync(CancellationToken ct)
    {
        prepare();
        return Task.CompletedTask;
    }

    public async Task<TimeSpan> SubmitAsync(int jobs, int callers, CancellationToken ct)
    {
        using var process = Process.Start(submit(jobs, callers).ToStart())!;
        var errors = process.StandardError.ReadToEndAsync(ct);
        var said = await process.StandardOutput.ReadToEndAsync(ct);
        await process.WaitForExitAsync(ct);
        var line = said.Split('\n').LastOrDefault(l => l.StartsWith('{'));
        return line is not null && process.ExitCode == 0
            ? TimeSpan.FromSeconds(JsonNode.Parse(line)!["seconds"]!.GetValue<double>())
            : throw new InvalidOperationException($"{name} could not submit: {said}{await errors}");
    }

    public Task WorkAsync(CancellationToken ct)
    {
        _worker = ManagedProcess.Start(Path.Combine(folder, $"{name}.log"), work.File, work.Arguments, work.Environment);
        return Task.CompletedTask;
    }

    public async Task StopAsync()
    {
        if (_worker is not null)
        {
            await _worker.DisposeAsync();
            _worker = null;
        }
    }
}

/// <summary>A program, what it is given, and where it runs.</summary>
internal sealed record Command(string File, string[] Arguments)
{
    public Dictionary<string, string> Environment { get; init; } = [];

    public ProcessStartInfo ToStart()
    {
        var start = new ProcessStartInfo(File, Arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in Environment)
        {
            start.Environment[name] = value;
        }

        return start;
    }
}
