using CsCheck;
using InterCluster.Core.Admission;
using InterCluster.Core.Runs;

namespace InterCluster.Core.Tests.Runs;

/// <summary>What holds for every history of a run (RELIABILITY C1: I1, I2, I5, I6, I9; C2: I12, I13; C7: retry delay).</summary>
public sealed class RunProperties
{
    private const int Histories = 30_000;
    private const int MaxCrashes = 3;

    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly Gen<InvocationResult> Results = Gen.OneOf<InvocationResult>(
        Gen.OneOf(200, 303, 400, 404, 408, 425, 429, 500, 503).Select(
            status => new InvocationResult(InvocationOutcome.Answered, new RunResponse(status, [], default))),
        Gen.OneOf(InvocationOutcome.Unreachable, InvocationOutcome.TimedOut, InvocationOutcome.ResultTooLarge, InvocationOutcome.AppNotFound)
            .Select(outcome => new InvocationResult(outcome)),
        Gen.Enum<Refusal>().Select(refusal => new InvocationResult(InvocationOutcome.Refused, Refusal: refusal)));

    private enum Step
    {
        Claim,
        Settle,
        SettleLate,
        ExpireLease,
        FallDue,
        Cancel,
        DeleteApp,
    }

    [Fact]
    public void Any_interleaving_of_workers_sweeps_and_callers_keeps_the_rules()
    {
        Gen<Step> steps = Gen.Frequency<Step>(
            (6, Step.Claim), (6, Step.Settle), (3, Step.SettleLate), (3, Step.ExpireLease),
            (6, Step.FallDue), (1, Step.Cancel), (1, Step.DeleteApp));

        Gen.Select(Gen.Int[1, 5], Gen.Select(steps, Results).Array[1, 40]).Sample(
            (maxAttempts, history) =>
            {
                var run = new RunModel(maxAttempts, MaxCrashes);
                List<ClaimedRun> claims = [];
                foreach ((Step step, InvocationResult result) in history)
                {
                    Apply(run, claims, step, result, maxAttempts);
                }
            },
            iter: Histories);
    }

    [Fact]
    public void Every_run_ends_and_is_dead_only_when_a_budget_is_spent()
    {
        // Refusals do not count against the run, so they must not go on for ever: the history is bounded, the last answers are real.
        Gen.Select(Gen.Int[1, 5], Gen.Select(Results, Gen.Bool).Array[0, 30]).Sample(
            (maxAttempts, history) =>
            {
                var run = new RunModel(maxAttempts, MaxCrashes);
                int failures = 0;
                InvocationResult failure = new(InvocationOutcome.Unreachable);
                foreach ((InvocationResult result, bool crash) in history.Concat(Enumerable.Repeat((failure, false), maxAttempts)))
                {
                    run.FallDue();
                    if (run.Claim() is not { } claimed)
                    {
                        break;
                    }

                    if (crash)
                    {
                        Assert.True(run.ExpireLease());
                        continue;
                    }

                    Assert.True(run.Settle(RetryDecision.Decide(claimed, result, Now, 0.5)));
                    failures += result.Outcome == InvocationOutcome.Refused ? 0 : 1;
                    Assert.Equal(failures, run.Attempt - run.Crashes);
                }

                Assert.True(RunStateMachine.IsTerminal(run.State));
                Assert.True(failures <= maxAttempts);
                Assert.Equal(run.State == RunState.Dead, (failures == maxAttempts && run.State == RunState.Dead) || run.Crashes == MaxCrashes);
            },
            iter: Histories);
    }

    [Fact]
    public void Retry_delay_is_within_a_fifth_of_the_formula_and_its_limits()
    {
        Gen.Select(Gen.OneOf<int>(Gen.Int[1, 12], Gen.Int[1, 1_000_000]), Gen.Double[0, 0.999999], Gen.Int[-10, 100_000]).Sample(
            (failures, random, asked) =>
            {
                TimeSpan delay = RetryPolicy.Delay(failures, null, random);
                double formula = Math.Min(300, Math.Pow(2, Math.Min(failures - 1, 40)));
                Assert.InRange(delay.TotalSeconds, 0.8 * formula - 1e-6, 1.2 * formula + 1e-6);
                TimeSpan withAsked = RetryPolicy.Delay(failures, TimeSpan.FromSeconds(asked), random);
                Assert.Equal(Math.Max(delay.TotalSeconds, Math.Min(asked, 3600)), withAsked.TotalSeconds, 5);
            },
            iter: Histories);
    }

    private static void Apply(RunModel run, List<ClaimedRun> claims, Step step, InvocationResult result, int maxAttempts)
    {
        (RunState before, int version, long lease) = (run.State, run.Version, run.Lease);
        bool moved = Do(run, claims, step, result);

        Assert.Equal(version + (moved ? 1 : 0), run.Version);
        Assert.True(moved || run.State == before);
        Assert.False(moved && RunStateMachine.IsTerminal(before)); // Absorbing: nothing here replays.
        Assert.Equal(lease + (moved && step == Step.Claim ? 1 : 0), run.Lease);
        Assert.False(moved && step == Step.SettleLate); // A late settlement changes nothing.
        Assert.InRange(run.Attempt - run.Crashes, 0, maxAttempts);
        Assert.InRange(run.Crashes, 0, MaxCrashes);
    }

    private static bool Do(RunModel run, List<ClaimedRun> claims, Step step, InvocationResult result)
    {
        switch (step)
        {
            case Step.Claim:
                ClaimedRun? claimed = run.Claim();
                claims.AddRange(claimed is null ? [] : [claimed]);
                return claimed is not null;
            case Step.Settle:
                return claims.Count > 0 && run.Settle(RetryDecision.Decide(claims[^1], result, Now, 0.5));
            case Step.SettleLate:
                return claims.Count > 1 && run.Settle(RetryDecision.Decide(claims[^2], result, Now, 0.5));
            case Step.ExpireLease:
                return run.ExpireLease();
            case Step.FallDue:
                return run.FallDue();
            case Step.Cancel:
                return run.Cancel();
            default:
                return run.DeleteApp();
        }
    }
}
