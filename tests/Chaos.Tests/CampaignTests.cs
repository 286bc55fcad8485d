using InterCluster.Chaos.Harness;
using InterCluster.Chaos.Harness.Faults;
using InterCluster.Chaos.Harness.Machines;

namespace InterCluster.Chaos.Tests;

/// <summary>
/// The short form of <c>tests/chaos</c> (RELIABILITY D01 to D03): every kind of process is killed with -9 at least once while runs are submitted. With
/// <c>INTERCLUSTER_LONG_TESTS=1</c> it is the long one.
/// </summary>
public sealed class CampaignTests(ITestOutputHelper output)
{
    private static readonly bool IsLong = Environment.GetEnvironmentVariable("INTERCLUSTER_LONG_TESTS") == "1";

    [Fact]
    public Task Nothing_is_lost_on_SQLite() => RunAsync(ClusterPlan.Embedded, TimeSpan.FromSeconds(15));

    [Fact]
    public Task Nothing_is_lost_on_PostgreSQL_and_RabbitMQ() => RunAsync(ClusterPlan.Apart, TimeSpan.FromSeconds(35));

    private async Task RunAsync(ClusterPlan plan, TimeSpan over)
    {
        var options = new CampaignOptions
        {
            Plan = plan,
            Runs = IsLong ? 50_000 : 3000,
            Over = IsLong ? TimeSpan.FromMinutes(10) : over,
            Pace = new NemesisPace(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(0.5), IsLong ? TimeSpan.FromSeconds(8) : TimeSpan.Zero),
        };

        CampaignReport report = await new Campaign(options, output.WriteLine).RunAsync(TestContext.Current.CancellationToken);

        output.WriteLine(report.ToString());
        Assert.True(report.IsClean, report.ToString());
        Assert.All(report.Done, done => Assert.True(done.Value > 0));
        Assert.Contains(report.Done.Keys, done => done.Deed == Deed.Kill);
        // A lease, and half a minute for those whose turn comes late (D01).
        Assert.InRange(report.Times[(int)(report.Times.Count * 0.99)], TimeSpan.Zero, TimeSpan.FromSeconds(35));
    }
}
