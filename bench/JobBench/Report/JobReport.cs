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

    private readonly Dictionary<string, Submissions> _submissions = [];
    private readonly Dictionary<string, BesideBacklog> _beside = [];

    public void Add(string contender, Submissions submissions) => _submissions[contender] = submissions;

    public void Add(string contender, BesideBacklog beside) => _beside[contender] = beside;

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
        page.AppendLine("drained is from the end of the first fifth of the jobs to the last, on a queue that was filled before; submitted is one by one over each system's own client.\n");
        if (_samples.Count > 0)
        {
            page.Append(Table()).AppendLine();
        }

        if (_latencies.Count > 0)
        {
            page.AppendLine("## From 202 to the function's start, 100 runs a second\n").Append(Latencies()).AppendLine();
        }

        if (_submissions.Count > 0)
        {
            page.AppendLine("## Runs taken, nothing else going on\n").Append(SubmissionTable()).AppendLine();
        }

        if (_beside.Count > 0)
        {
            page.AppendLine("## 200 sync calls a second, without and beside a million queued runs of the same app that drain (200 ms each)\n").Append(BesideTable());
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

    private MarkdownTable SubmissionTable()
    {
        var table = new MarkdownTable(["", "single, 64 connections, runs/s", "one batch, lines/s"]);
        foreach (var (name, submissions) in _submissions)
        {
            table.Add(name, Number(submissions.Single, "N0"), Number(submissions.Lines, "N0"));
        }

        return table;
    }

    private MarkdownTable BesideTable()
    {
        var table = new MarkdownTable(["", "p50 alone", "p99 alone", "p50 beside", "p99 beside", "p99 ratio", "runs/s"]);
        foreach (var (name, beside) in _beside)
        {
            var (alone, with) = (beside.Alone, beside.Beside);
            table.Add(
                name, At(alone, 50), At(alone, 99), At(with, 50), At(with, 99), Number(with[with.Count * 99 / 100] / alone[alone.Count * 99 / 100], "0.00"),
                Number(beside.Drained, "N0"));
        }

        return table;

        static string At(IReadOnlyList<double> sorted, int percent) => Number(sorted[sorted.Count * percent / 100], "0.0");
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
