using InterCluster.Core.Apps;
using InterCluster.Core.Scaling;

namespace InterCluster.Core.Tests.Scaling;

public sealed class ScalingPolicyTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly TimeSpan Cooldown = TimeSpan.FromSeconds(10);

    private static readonly ScalingConfig Policy = new() { MinReplicas = 0, MaxReplicas = 10, ReplicaConcurrency = 1, Cooldown = Cooldown };

    [Fact]
    public void Three_waiting_at_concurrency_1_start_three_at_once()
    {
        ScalingDecision decision = ScalingPolicy.Decide(Policy, Inputs(desired: 0, waiting: 3));

        Assert.Equal(3, decision.Desired);
        Assert.Equal(Now, decision.LastBusy);
        Assert.Equal("up: 0 in flight, 3 waiting, 0 ready runs", decision.Reason);
    }

    [Theory]
    [InlineData(1, 100, 7, 7)]
    [InlineData(4, 100, 4, 1)]
    [InlineData(4, 100, 5, 2)]
    [InlineData(200, 80, 160, 1)] // 200 x 80 % keeps 160 in flight per replica.
    [InlineData(200, 80, 161, 2)]
    [InlineData(10, 70, 21, 3)] // Exactly three: no rounding error may make it four.
    [InlineData(100, 0.5, 1, 2)]
    [InlineData(1, 200, 4, 2)] // Above 100 %: as many again are meant to wait.
    public void Demand_is_divided_by_the_target_of_a_replica(int concurrency, double target, int inFlight, int expected)
    {
        ScalingConfig policy = Policy with { ReplicaConcurrency = concurrency, Target = target };

        Assert.Equal(expected, ScalingPolicy.Decide(policy, Inputs(desired: 0, inFlight: inFlight)).Desired);
    }

    [Theory]
    [InlineData(5, 0, 0, 1L, 1)]
    [InlineData(5, 0, 0, 10L, 2)]
    [InlineData(5, 0, 0, 11L, 3)]
    [InlineData(5, 3, 1, 0L, 2)] // Calls have their slots, whatever the runs ask for.
    [InlineData(5, 3, 1, 20L, 4)]
    [InlineData(0.5, 0, 0, 3L, 6)]
    [InlineData(5, 0, 0, 0L, 0)]
    public void Queue_depth_counts_ready_runs_per_replica(double target, int inFlight, int waiting, long readyRuns, int expected)
    {
        ScalingConfig policy = Policy with { Metric = ScalingMetrics.QueueDepth, Target = target, ReplicaConcurrency = 2, Buffer = 1 };

        Assert.Equal(expected, ScalingPolicy.Decide(policy, Inputs(desired: 0, inFlight: inFlight, waiting: waiting, readyRuns: readyRuns)).Desired);
    }

    [Theory]
    [InlineData(50d, 0, 0, 0L, 5)]
    [InlineData(50.05d, 0, 0, 0L, 5)] // The noise of a measurement is no replica.
    [InlineData(51d, 0, 0, 0L, 6)]
    [InlineData(1d, 0, 0, 0L, 1)]
    [InlineData(0d, 0, 0, 0L, 0)]
    [InlineData(null, 0, 0, 0L, 0)]
    [InlineData(null, 0, 7, 0L, 4)] // Calls get their slots before anything was measured.
    [InlineData(0d, 0, 0, 5L, 1)]
    public void Calls_per_second_are_divided_by_the_target_of_a_replica(double? measured, int inFlight, int waiting, long readyRuns, int expected)
    {
        ScalingConfig policy = Policy with { Metric = ScalingMetrics.RequestsPerSecond, Target = 10, ReplicaConcurrency = 2 };

        Assert.Equal(expected, ScalingPolicy.Decide(policy, Inputs(desired: 0, inFlight, waiting, readyRuns) with { Measured = measured }).Desired);
    }

    [Theory]
    [InlineData(ScalingMetrics.RequestsPerSecond, 11d, 4)]
    [InlineData(ScalingMetrics.RequestsPerSecond, 0d, 1)] // At rest it is back at the minimum.
    [InlineData(ScalingMetrics.CpuUtilization, 11d, 2)] // For calls and concurrency only.
    public void The_buffer_stands_on_top_of_calls_per_second_while_there_is_traffic(string metric, double measured, int expected)
    {
        ScalingConfig policy = Policy with { Metric = metric, Target = 10, MinReplicas = 1, Buffer = 2 };

        Assert.Equal(expected, ScalingPolicy.Decide(policy, Inputs(desired: 1) with { Measured = measured }).Desired);
    }

    [Theory]
    [InlineData(ScalingMetrics.CpuUtilization)]
    [InlineData(ScalingMetrics.MemoryUtilization)]
    public void A_utilization_is_brought_down_to_its_target_and_stays_there(string metric)
    {
        ScalingConfig policy = Policy with { Metric = metric, Target = 60, MinReplicas = 1 };
        // Two replicas at 95 %.
        ScalingDecision up = ScalingPolicy.Decide(policy, Inputs(desired: 2) with { Measured = 190 });

        Assert.Equal((4, $"up: {metric} 190 in all (target 60 per replica), 0 in flight, 0 waiting, 0 ready runs"), (up.Desired, up.Reason));
        Assert.Equal(4, ScalingPolicy.Decide(policy, Inputs(desired: up.Desired) with { Measured = 190, LastBusy = Now - TimeSpan.FromDays(1) }).Desired);
    }

    [Fact]
    public void What_is_not_measured_yet_scales_nothing_down()
    {
        ScalingConfig policy = Policy with { Metric = ScalingMetrics.CpuUtilization, MinReplicas = 1, Cooldown = TimeSpan.Zero };

        ScalingDecision decision = ScalingPolicy.Decide(policy, Inputs(desired: 5) with { LastBusy = Now - TimeSpan.FromDays(1) });

        Assert.Equal((5, "cpu_utilization is not known"), (decision.Desired, decision.Reason));
        // Not at once, or the loop would do nothing else.
        Assert.Equal(Now + TimeSpan.FromSeconds(1), decision.ReviewAt);
    }

    [Fact]
    public void Calls_in_flight_waiting_calls_and_ready_runs_all_count()
    {
        Assert.Equal(6, ScalingPolicy.Decide(Policy, Inputs(desired: 1, inFlight: 1, waiting: 2, readyRuns: 3)).Desired);
    }

    [Fact]
    public void Huge_backlog_is_capped_by_the_maximum()
    {
        Assert.Equal(10, ScalingPolicy.Decide(Policy, Inputs(desired: 1, waiting: int.MaxValue, readyRuns: long.MaxValue)).Desired);
    }

    [Fact]
    public void Scale_down_waits_for_the_cooldown_and_says_when_to_look_again()
    {
        ScalingInputs busy = Inputs(desired: 5, inFlight: 2) with { LastBusy = Now - TimeSpan.FromSeconds(4) };

        ScalingDecision decision = ScalingPolicy.Decide(Policy, busy);
        Assert.Equal((5, busy.LastBusy, busy.LastBusy + Cooldown), (decision.Desired, decision.LastBusy, decision.ReviewAt));

        ScalingDecision later = ScalingPolicy.Decide(Policy, busy with { Now = decision.ReviewAt!.Value });
        Assert.Equal(2, later.Desired);
        Assert.Null(later.ReviewAt);
    }

    [Fact]
    public void What_is_in_flight_keeps_its_replicas_even_when_the_target_asks_for_fewer()
    {
        ScalingConfig policy = Policy with { Target = 200 };
        ScalingInputs reading = Inputs(desired: 5, inFlight: 4) with { LastBusy = Now - Cooldown };

        Assert.Equal(4, ScalingPolicy.Decide(policy, reading).Desired);
    }

    [Fact]
    public void Load_that_returns_within_the_cooldown_starts_it_anew()
    {
        ScalingInputs reading = Inputs(desired: 5, inFlight: 5) with { LastBusy = Now - Cooldown };

        Assert.Equal(Now, ScalingPolicy.Decide(Policy, reading).LastBusy);
    }

    [Fact]
    public void Unknown_ready_runs_never_lower_but_known_demand_still_raises()
    {
        ScalingInputs idle = Inputs(desired: 5) with { ReadyRuns = null, LastBusy = Now - TimeSpan.FromDays(1) };

        ScalingDecision decision = ScalingPolicy.Decide(Policy, idle);

        Assert.Equal(5, decision.Desired);
        Assert.Equal(Now, decision.LastBusy);
        Assert.Equal(7, ScalingPolicy.Decide(Policy, idle with { Waiting = 7 }).Desired);
    }

    [Fact]
    public void Buffer_is_added_only_while_there_is_traffic()
    {
        ScalingConfig policy = Policy with { MinReplicas = 1, Buffer = 2 };
        ScalingInputs idle = Inputs(desired: 3) with { LastBusy = Now - Cooldown };

        Assert.Equal(3, ScalingPolicy.Decide(policy, Inputs(desired: 1, inFlight: 1)).Desired);
        Assert.Equal(1, ScalingPolicy.Decide(policy, idle).Desired);
    }

    [Fact]
    public void New_limits_hold_at_once()
    {
        Assert.Equal(10, ScalingPolicy.Decide(Policy, Inputs(desired: 12, inFlight: 12)).Desired);
        Assert.Equal(2, ScalingPolicy.Decide(Policy with { MinReplicas = 2 }, Inputs(desired: 0)).Desired);
    }

    [Fact]
    public void Clock_that_went_back_does_not_stretch_the_cooldown()
    {
        ScalingInputs reading = Inputs(desired: 5) with { LastBusy = Now + TimeSpan.FromHours(1) };

        Assert.Equal(Now + Cooldown, ScalingPolicy.Decide(Policy, reading).ReviewAt);
    }

    private static ScalingInputs Inputs(int desired, int inFlight = 0, int waiting = 0, long readyRuns = 0) =>
        new(Now, desired, inFlight, waiting, readyRuns, Now);
}
