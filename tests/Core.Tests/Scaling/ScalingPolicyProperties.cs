using CsCheck;
using InterCluster.Core.Apps;
using InterCluster.Core.Scaling;

namespace InterCluster.Core.Tests.Scaling;

/// <summary>What holds for every policy and every reading (RELIABILITY C5: I28, I30, I31; user asks 40 to 42).</summary>
public sealed class ScalingPolicyProperties
{
    private const int Histories = 20_000;

    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly Gen<ScalingConfig> Policies =
        from min in Gen.Int[0, 5]
        from more in Gen.Int[0, 20]
        from concurrency in Gen.OneOf<int>(Gen.Int[1, 4], Gen.Int[1, 300])
        from target in Gen.Double[10, 200]
        from buffer in Gen.Int[0, 3]
        from cooldown in Gen.Int[0, 60]
        from metric in Gen.OneOf<string>(Gen.Const(ScalingMetrics.ConcurrencyUtilization), Gen.Const(ScalingMetrics.QueueDepth))
        select new ScalingConfig
        {
            MinReplicas = min,
            MaxReplicas = min + more,
            ReplicaConcurrency = concurrency,
            Metric = metric,
            Target = target,
            Buffer = buffer,
            Cooldown = TimeSpan.FromSeconds(cooldown),
        };

    private static readonly Gen<ScalingInputs> Readings =
        from desired in Gen.Int[0, 30]
        from inFlight in Gen.OneOf<int>(Gen.Const(0), Gen.Int[0, 500])
        from waiting in Gen.OneOf<int>(Gen.Const(0), Gen.Int[0, 500])
        from ready in Gen.OneOf<long?>(Gen.Long[0, 1000].Select(v => (long?)v), Gen.OneOf<long?>(null, 0))
        from idle in Gen.Int[0, 100]
        from heldBack in Gen.Long[0, 1000]
        from claimed in Gen.OneOf<long>(Gen.Const(0L), Gen.Long[0, 50])
        let through = Math.Max(0, (ready ?? 0) - heldBack)
        select new ScalingInputs(
            Start, desired, inFlight, waiting, ready, Start - TimeSpan.FromSeconds(idle),
            HeldBack: (ready ?? 0) - through, AtLeast: ready > 0 ? Math.Max(1, through + claimed) : 0);

    [Fact]
    public void Desired_is_always_within_the_limits() => Check((policy, reading, decision) =>
        decision.Desired >= policy.MinReplicas && decision.Desired <= policy.MaxReplicas);

    [Fact]
    public void Zero_is_reached_only_without_any_demand_after_a_full_cooldown() => Check((policy, reading, decision) =>
        decision.Desired > 0 || reading.Desired == 0 || policy.MaxReplicas == 0
        || (reading is { InFlight: 0, Waiting: 0, ReadyRuns: 0 } && reading.Now - reading.LastBusy >= policy.Cooldown));

    [Fact]
    public void Some_demand_wants_at_least_one() => Check((policy, reading, decision) =>
        decision.Desired >= Math.Min(1, policy.MaxReplicas) || (reading.InFlight + reading.Waiting == 0 && reading.ReadyRuns is null or 0));

    [Fact]
    public void Unknown_ready_runs_lower_nothing() => Check((policy, reading, decision) =>
        reading.ReadyRuns is not null || decision.Desired >= Math.Min(reading.Desired, policy.MaxReplicas));

    [Fact]
    public void Without_traffic_nothing_is_started_above_the_minimum() => Check((policy, reading, _) =>
        ScalingPolicy.Decide(policy, reading with { InFlight = 0, Waiting = 0, ReadyRuns = 0, HeldBack = 0, AtLeast = 0 }).Desired
            <= Math.Max(policy.MinReplicas, reading.Desired));

    [Fact]
    public void What_is_in_flight_keeps_the_replicas_that_hold_it() => Check((policy, reading, decision) =>
        decision.Desired >= Math.Min(policy.MaxReplicas, Math.Min(reading.Desired, Holding(policy, reading.InFlight))));

    [Fact]
    public void More_demand_never_wants_fewer() => Check((policy, reading, decision) =>
        ScalingPolicy.Decide(policy, reading with { Waiting = reading.Waiting + 1 }).Desired >= decision.Desired);

    [Fact]
    public void Same_reading_after_the_decision_changes_nothing_more() => Check((policy, reading, decision) =>
        ScalingPolicy.Decide(policy, reading with { Desired = decision.Desired, LastBusy = decision.LastBusy }).Desired == decision.Desired
        || policy.Cooldown == TimeSpan.Zero);

    [Fact]
    public void Scale_down_follows_only_a_full_cooldown_of_lower_demand()
    {
        Gen.Select(Policies, Gen.Int[0, 40].Array[1, 60]).Sample(
            (policy, loads) =>
            {
                (int desired, DateTimeOffset lastBusy) = (policy.MinReplicas, Start);
                for (int second = 0; second < loads.Length; second++)
                {
                    DateTimeOffset now = Start + TimeSpan.FromSeconds(second);
                    ScalingDecision decision = ScalingPolicy.Decide(policy, new(now, desired, loads[second], 0, 0, lastBusy));
                    if (decision.Desired < desired)
                    {
                        int window = Math.Min(second, (int)policy.Cooldown.TotalSeconds);
                        Assert.All(loads[(second - window + (window > 0 ? 1 : 0))..(second + 1)], load => Assert.True(Steady(policy, load) < desired));
                    }

                    (desired, lastBusy) = (decision.Desired, decision.LastBusy);
                }
            },
            iter: Histories);
    }

    [Fact]
    public void Constant_load_settles_whatever_the_cold_start()
    {
        Gen.Select(Policies, Gen.Int[0, 400], Gen.Int[0, 30], Gen.Int[0, 30]).Sample(
            (policy, load, coldStart, before) =>
            {
                var app = new SimulatedApp(policy, coldStart, Math.Clamp(before, policy.MinReplicas, policy.MaxReplicas));
                int settled = (int)policy.Cooldown.TotalSeconds + coldStart + 2;
                int[] desired = [.. Enumerable.Range(0, settled + 60).Select(second => app.Step(second, load))];

                Assert.Single(desired[settled..].Distinct());

                // Above 100 % some calls are meant to wait; how many are in flight, and so the floor, depends on the way there.
                Assert.True(policy.Target > 100 || desired[^1] == Steady(policy, load), $"{desired[^1]} replicas");
            },
            iter: Histories / 4);
    }

    private static int Holding(ScalingConfig policy, int inFlight) => (int)Math.Ceiling((double)inFlight / policy.ReplicaConcurrency);

    /// <summary>What a constant load needs, from fresh.</summary>
    private static int Steady(ScalingConfig policy, int load) =>
        ScalingPolicy.Decide(policy, new(Start, policy.MinReplicas, load, 0, 0, Start)).Desired;

    private static void Check(Func<ScalingConfig, ScalingInputs, ScalingDecision, bool> holds) =>
        Gen.Select(Policies, Readings).Sample(
            (policy, reading) => holds(policy, reading, ScalingPolicy.Decide(policy, reading)), iter: Histories);

    /// <summary>An app with a constant number of callers: those without a ready slot wait; a started replica is ready after the cold start.</summary>
    private sealed class SimulatedApp(ScalingConfig policy, int coldStart, int replicas)
    {
        private readonly List<int> _readyAt = [.. Enumerable.Repeat(0, replicas)];
        private int _desired = replicas;
        private DateTimeOffset _lastBusy = Start;

        public int Step(int second, int load)
        {
            int slots = _readyAt.Count(ready => ready <= second) * policy.ReplicaConcurrency;
            int inFlight = Math.Min(load, slots);
            ScalingDecision decision = ScalingPolicy.Decide(
                policy, new(Start + TimeSpan.FromSeconds(second), _desired, inFlight, load - inFlight, 0, _lastBusy));
            (_desired, _lastBusy) = (decision.Desired, decision.LastBusy);
            while (_readyAt.Count < _desired)
            {
                _readyAt.Add(second + coldStart);
            }

            _readyAt.RemoveRange(_desired, _readyAt.Count - _desired);
            return _desired;
        }
    }
}
