using InterCluster.Chaos.Harness.Faults;
using InterCluster.Chaos.Harness.Machines;

namespace InterCluster.Chaos.Harness;

/// <summary>How much is done, to what, and how hard.</summary>
internal sealed record CampaignOptions
{
    public ClusterPlan Plan { get; init; } = ClusterPlan.Embedded;

    public int Runs { get; init; } = 3000;

    public int Seed { get; init; } = 1;

    /// <summary>The time over which the submissions are spread.</summary>
    public TimeSpan Over { get; init; } = TimeSpan.FromSeconds(20);

    public int Connections { get; init; } = 32;

    /// <summary>How long a call of the function takes, on average.</summary>
    public TimeSpan Latency { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>The share of calls that the function answers with 500.</summary>
    public double Failures { get; init; } = 0.01;

    public NemesisPace Pace { get; init; } = new(TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(1), TimeSpan.Zero);

    /// <summary>How long the runs may take to end after the last fault.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(2);
}
