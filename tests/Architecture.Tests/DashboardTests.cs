using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace InterCluster.Architecture.Tests;

/// <summary>The provisioned dashboard asks for metrics that exist, under the names that Prometheus sees.</summary>
public sealed partial class DashboardTests
{
    private static readonly string[] OfHistograms = ["_bucket", "_count", "_sum"];

    [Fact]
    public void Every_metric_of_the_dashboard_is_measured()
    {
        HashSet<string> measured = [.. Repository.Sources("*.cs").SelectMany(file => Exposed(File.ReadAllText(file)))];
        string[] asked = [.. Expressions().SelectMany(e => Asked().Matches(e)).Select(m => m.Value).Distinct()];

        Assert.True(asked.Length > 10, $"Only {asked.Length} metrics are asked for.");
        Assert.All(asked, name => Assert.Contains(name, measured));
    }

    [Theory]
    [InlineData("""meter.CreateHistogram<double>("intercluster.a.b", "s", "…")""", "intercluster_a_b_seconds_bucket")]
    [InlineData("""meter.CreateCounter<long>("intercluster.a.b", "{call}", "…")""", "intercluster_a_b_total")]
    [InlineData("""meter.CreateObservableGauge("intercluster.a.b", () => 1, "{run}", "…")""", "intercluster_a_b")]
    [InlineData("""Gauge(meter, "intercluster.a.b", "…", of, d => d.X)""", "intercluster_a_b")]
    public void An_instrument_is_known_by_the_name_that_Prometheus_sees(string source, string name) => Assert.Contains(name, Exposed(source));

    private static IEnumerable<string> Exposed(string source) => Instrument().Matches(source).SelectMany(m =>
    {
        string name = m.Groups["name"].Value.Replace('.', '_') + (m.Groups["unit"].Value == "s" ? "_seconds" : "");
        return m.Groups["kind"].Value switch
        {
            "CreateHistogram" => OfHistograms.Select(suffix => name + suffix),
            "CreateCounter" => [name + "_total"],
            _ => [name],
        };
    });

    private static IEnumerable<string> Expressions()
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, "compose/grafana/dashboards/intercluster.json")));
        return [.. dashboard.RootElement.GetProperty("panels").EnumerateArray()
            .Where(panel => panel.TryGetProperty("targets", out _))
            .SelectMany(panel => panel.GetProperty("targets").EnumerateArray())
            .Select(target => target.GetProperty("expr").GetString()!)];
    }

    [GeneratedRegex("""(?<kind>Create\w+|Gauge)(<\w+>)?\(\s*(meter,\s*)?"(?<name>intercluster\.[a-z_.]+)",\s*("(?<unit>[^"]*)")?""")]
    private static partial Regex Instrument();

    [GeneratedRegex(@"intercluster_\w+")]
    private static partial Regex Asked();
}
