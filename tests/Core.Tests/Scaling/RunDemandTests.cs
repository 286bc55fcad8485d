using InterCluster.Core.Apps;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Core.Scaling;

namespace InterCluster.Core.Tests.Scaling;

public sealed class RunDemandTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Theory]
    [InlineData(null, 1000, 2, 1000, 0, 1000)]
    [InlineData(2, 1000, 0, 1000, 998, 2)]
    [InlineData(2, 1000, 1, 1000, 999, 2)]
    [InlineData(2, 1000, 2, 1000, 1000, 2)]
    [InlineData(2, 1000, 50, 1000, 1000, 2)] // Claimed by workers that did not know of one another: they wait at the function, not for a replica.
    [InlineData(2, 1, 0, 1, 0, 1)]
    [InlineData(2, 1, 1, 1, 0, 2)]
    [InlineData(2, 0, 2, 0, 0, 0)] // What is claimed is counted as calls.
    public void A_limit_counts_what_it_lets_through(int? limit, long queued, long running, long ready, long heldBack, long atLeast)
    {
        Assert.Equal(new RunDemand(ready, heldBack, atLeast), RunDemand.Of([Depth("work", queued, running)], Limited(limit)));
    }

    [Fact]
    public void Functions_are_counted_each_by_its_own_limit()
    {
        RunPolicies policies = Limited(2) with { Default = new RunPolicy { Concurrency = 10 } };

        RunDemand demand = RunDemand.Of([Depth("work", 100, 1), Depth("other", 100, 4), Depth("third", 3, 0)], policies);

        Assert.Equal(new RunDemand(203, 99 + 94, 2 + 10 + 3), demand);
    }

    [Theory]
    [InlineData(ScalingMetrics.ConcurrencyUtilization, 100, 2)]
    [InlineData(ScalingMetrics.QueueDepth, 1, 2)]
    [InlineData(ScalingMetrics.QueueDepth, 5, 1)]
    [InlineData(ScalingMetrics.RequestsPerSecond, 5, 1)]
    public void A_thousand_runs_of_a_function_that_is_limited_to_two_ask_for_what_two_calls_can_use(string metric, double target, int expected)
    {
        var policy = new ScalingConfig { MaxReplicas = 100, ReplicaConcurrency = 1, Metric = metric, Target = target };
        foreach (long running in new long[] { 0, 1, 2 })
        {
            RunDemand runs = RunDemand.Of([Depth("work", 1000, running)], Limited(2));
            var reading = new ScalingInputs(Now, 0, 0, 0, runs.Ready, Now, Measured: 0, runs.HeldBack, runs.AtLeast);

            Assert.Equal(expected, ScalingPolicy.Decide(policy, reading).Desired);
        }
    }

    private static RunPolicies Limited(int? limit) => new() { Functions = new Dictionary<string, RunPolicy> { ["work"] = new() { Concurrency = limit } } };

    private static FunctionDepth Depth(string function, long queued, long running) => new(new FunctionId(new AppId("p-one", "app"), function), 0, queued, running);
}
