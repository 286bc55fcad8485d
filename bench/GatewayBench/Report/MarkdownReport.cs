using System.Globalization;
using System.Text;
using InterCluster.Bench.Gateway.Cases;
using InterCluster.Bench.Gateway.Contenders;

namespace InterCluster.Bench.Gateway.Report;

/// <summary>The results as a page.</summary>
internal static class MarkdownReport
{
    private static readonly string[] Baselines =
        [Names.Yarp, Names.Nginx, Names.WithApps(Names.Yarp, Goal.FewApps), Names.WithApps(Names.InterCluster, Goal.FewApps)];

    public static string Of(BenchResults results, Plan plan, string command)
    {
        var page = new StringBuilder("# Gateway benchmark\n\n");
        page.AppendLine(Machine.Describe());
        page.AppendLine($"Command: `{command}`. {plan.Rounds} rounds of {plan.Seconds} s for each contender, in turn; medians over the rounds, ratios round by round.");
        page.AppendLine("CPU is the proxy's, user and system, from the kernel's clock of the process (all its threads and workers); the × columns compare CPU.");
        page.AppendLine("Load generator, proxy and upstream share the machine: compare, do not quote the absolute figures.\n");
        page.AppendLine("## Goals\n").Append(Goals(results)).AppendLine();
        foreach (var result in results.Cases)
        {
            page.AppendLine($"## {result.Case.Title}\n").Append(Table(result)).AppendLine();
        }

        AppendIdle(page, results);
        AppendNotes(page, results);
        return page.ToString();
    }

    private static MarkdownTable Goals(BenchResults results)
    {
        var table = new MarkdownTable(["goal", "measured", ""]);
        foreach (var goal in Goal.All)
        {
            var figure = goal.Figure(results);
            table.Add(goal.Text, Number(figure, "0.00"), goal.IsMet(figure) switch { true => "pass", false => "FAIL", null => "not measured" });
        }

        return table;
    }

    private static MarkdownTable Table(CaseResult result)
    {
        var unit = result.Case.Unit;
        var baselines = Baselines.Where(result.Samples.ContainsKey).ToList();
        var table = new MarkdownTable(
            ["", $"{unit}s/s", "p50 ms", "p99 ms", $"CPU µs/{unit}", .. baselines.Select(name => $"× {name}"), "errors", "generator's cores"]);
        foreach (var (name, samples) in result.Samples)
        {
            var isProxy = name != Names.Direct;
            table.Add(
            [
                name,
                Number(result.Median(name, s => s.PerSecond), "N0"),
                Number(result.Median(name, s => s.P50), "0.000"),
                Number(result.Median(name, s => s.P99), "0.000"),
                isProxy ? Number(result.Median(name, s => s.CpuMicros), "0.0") : "",
                .. baselines.Select(baseline => isProxy ? Number(result.Ratio(name, baseline, s => s.CpuMicros), "0.00") : ""),
                Number(samples.Sum(s => s.Errors), "0"),
                Number(result.Median(name, s => s.GeneratorCores), "0.00"),
            ]);
        }

        return table;
    }

    private static void AppendIdle(StringBuilder page, BenchResults results)
    {
        if (results.IdleBytes.Count == 0)
        {
            return;
        }

        var table = new MarkdownTable(["", "KB per connection"]);
        foreach (var (name, bytes) in results.IdleBytes)
        {
            table.Add(name, Number(bytes / 1024, "0.0"));
        }

        page.AppendLine("## Idle WebSockets\n").Append(table).AppendLine();
    }

    private static void AppendNotes(StringBuilder page, BenchResults results)
    {
        foreach (var (name, note) in results.Notes)
        {
            page.AppendLine($"{name}: {note}");
        }
    }

    private static string Number(double? figure, string format) => figure?.ToString(format, CultureInfo.InvariantCulture) ?? "";
}
