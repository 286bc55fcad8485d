using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using InterCluster.Bench.Jobs.Contenders;

namespace InterCluster.Bench.Jobs.Cases;

/// <summary>How fast runs are taken, when nothing else is done: answered 202, so on disk.</summary>
/// <param name="Single">Calls per second, one run each, from 64 connections.</param>
/// <param name="Lines">Lines per second of one batch.</param>
internal sealed partial record Submissions(double Single, double Lines)
{
    private const int Connections = 64;
    private const int Seconds = 10;
    private const int BatchLines = 300_000;

    public static async Task<Submissions> MeasureAsync(InterClusterJobs system, string folder, CancellationToken ct)
    {
        // A lighter load than an HTTP client of .NET, which would take more of the machine than what it measures.
        var script = Path.Combine(folder, "submit.lua");
        await File.WriteAllTextAsync(script, """
            wrk.method = "POST"
            wrk.body = '{"i":1}'
            wrk.headers["Content-Type"] = "application/json"
            """, ct);
        await SingleAsync(system, script, ct);
        var single = await SingleAsync(system, script, ct);
        await LinesAsync(system, BatchLines / 5, ct);
        return new Submissions(single, await LinesAsync(system, BatchLines, ct));
    }

    private static async Task<double> SingleAsync(InterClusterJobs system, string script, CancellationToken ct)
    {
        string[] arguments = ["-t1", $"-c{Connections}", $"-d{Seconds}s", "-s", script, "-H", $"Authorization: Bearer {system.Token}", system.Submit.ToString()];
        using var wrk = Process.Start(new ProcessStartInfo("wrk", arguments) { RedirectStandardOutput = true })!;
        var report = await wrk.StandardOutput.ReadToEndAsync(ct);
        await wrk.WaitForExitAsync(ct);
        return !report.Contains("Non-2xx", StringComparison.Ordinal) && PerSecond().Match(report) is { Success: true } rate
            ? double.Parse(rate.Groups[1].Value, CultureInfo.InvariantCulture)
            : throw new InvalidOperationException(report);
    }

    private static async Task<double> LinesAsync(InterClusterJobs system, int lines, CancellationToken ct)
    {
        var text = new StringBuilder();
        for (var i = 0; i < lines; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{{\"body\":{{\"i\":{i}}}}}").Append('\n');
        }

        using var body = new StringContent(text.ToString(), new MediaTypeHeaderValue("application/x-ndjson"));
        var clock = Stopwatch.StartNew();
        using var answer = await system.Client.PostAsync(system.Batches, body, ct);
        var accepted = (await answer.Content.ReadFromJsonAsync<JsonNode>(ct))!["accepted"]!.GetValue<int>();
        return accepted == lines ? lines / clock.Elapsed.TotalSeconds : throw new InvalidOperationException($"{accepted} of {lines} lines were accepted");
    }

    [GeneratedRegex(@"Requests/sec:\s+([\d.]+)")]
    private static partial Regex PerSecond();
}
