using System.Diagnostics;

namespace InterCluster.Bench.Gateway.Loads;

/// <summary>Runs a load generator to its end.</summary>
internal static class LoadProcess
{
    /// <summary>
    /// Sockets complete on the one thread that waits for them, as in any event loop: the generator must be cheap, since it shares the cores.
    /// </summary>
    public static readonly IReadOnlyDictionary<string, string> EventLoop = new Dictionary<string, string>
    {
        ["DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS"] = "1",
        ["DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT"] = "1",
        ["DOTNET_gcServer"] = "0",
        ["DOTNET_TieredPGO"] = "0",
    };

    public static Process Start(string file, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardInput = true };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return Process.Start(start) ?? throw new InvalidOperationException($"{file} did not start");
    }

    public static async Task<LoadReport> RunAsync(
        string file, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment, CancellationToken ct)
    {
        using var process = Start(file, arguments, environment);
        using var stop = ct.Register(() => process.Kill());
        var output = await process.StandardOutput.ReadToEndAsync(ct);
        await process.WaitForExitAsync(ct);
        return process.ExitCode == 0
            ? LoadReport.Parse(output)
            : throw new InvalidOperationException($"{file} ended with {process.ExitCode}: {output}");
    }
}
