using System.Diagnostics;
using System.Globalization;
using System.Text;
using InterCluster.Bench.Jobs.Cases;

namespace InterCluster.Bench.Jobs.Report;

/// <summary>The results as a page.</summary>
internal sealed class JobReport(string command)
{
    private readonly Dictionary<string, List<Sample>> _samples = [];
    private readonly Dictionary<string, IReadOnlyList<double>> _latencies = [];

    public void Add(string contender, Sample sample)
    {
        if (!_samples.TryGetValue(contender, out var samples))
        {
            _samples[contender] = samples = [];
        }

        samples.Add(sample);
    }

    /// <summary>Milliseconds, in order.</summary>
    public void AddLatencies(string contender, IReadOnlyList<double> milliseconds) => _latencies[contender] = milliseconds;

    public override string ToString()
    {
        var page = new StringBuilder("# Job benchmark\n\n");
        page.AppendLine(string.Create(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:yyyy-MM-dd}, commit {Commit()}. {Environment.ProcessorCount} cores for everything: stores, brokers, workers, load and upstream."));
        page.AppendLine($"Command: `{command}`. Each contender in turn, round by round; medians. The work of a job is one POST to the same upstream, which counts:");
        page.AppendLine("drained is from its first to its last job, on a queue that was filled before; submitted is one by one over each system's own client.\n");
        page.Append(Table()).AppendLine();
        if (_latencies.Count > 0)
        {
            page.AppendLine("## From 202 to the function's start, 100 runs a second\n").Append(Latencies());
        }

        return page.ToString();
    }

    private MarkdownTable Table()
    {
        var baseline = _samples.GetValueOrDefault("graphile-worker");
        var table = new MarkdownTable(["", "submitted/s", "drained/s", "× graphile-worker"]);
        foreach (var (name, samples) in _samples)
        {
            var ratio = baseline is null ? "" : Number(Median(samples.Zip(baseline, (a, b) => a.Drained / b.Drained)), "0.00");
            table.Add(name, Number(Median(samples.Select(s => s.Submitted)), "N0"), Number(Median(samples.Select(s => s.Drained)), "N0"), ratio);
        }

        return table;
    }

    private MarkdownTable Latencies()
    {
        var table = new MarkdownTable(["", "runs", "p50 ms", "p99 ms", "max ms"]);
        foreach (var (name, sorted) in _latencies)
        {
            table.Add(name, $"{sorted.Count}", Number(sorted[sorted.Count / 2], "0.0"), Number(sorted[sorted.Count * 99 / 100], "0.0"), Number(sorted[^1], "0.0"));
        }

        return table;
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    private static string Number(double figure, string format) => figure.ToString(format, CultureInfo.InvariantCulture);

    private static string Commit()
    {
        using var git = Process.Start(new ProcessStartInfo("git", ["rev-parse", "--short", "HEAD"]) { RedirectStandardOutput = true })!;
        return git.StandardOutput.ReadToEnd().Trim();
    }
}
