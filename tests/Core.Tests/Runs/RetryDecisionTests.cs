using InterCluster.Core.Admission;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;

namespace InterCluster.Core.Tests.Runs;

public sealed class RetryDecisionTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Theory]
    [InlineData(200, RunState.Succeeded, null)]
    [InlineData(302, RunState.Succeeded, null)]
    [InlineData(400, RunState.Failed, RunErrors.FunctionError)]
    [InlineData(404, RunState.Failed, RunErrors.FunctionError)]
    [InlineData(408, RunState.Scheduled, RunErrors.FunctionError)]
    [InlineData(425, RunState.Scheduled, RunErrors.FunctionError)]
    [InlineData(429, RunState.Scheduled, RunErrors.FunctionError)]
    [InlineData(499, RunState.Failed, RunErrors.FunctionError)]
    [InlineData(500, RunState.Scheduled, RunErrors.FunctionError)]
    [InlineData(503, RunState.Scheduled, RunErrors.FunctionError)]
    public void Status_decides_and_the_answer_is_kept(int status, RunState state, string? error)
    {
        Settlement settlement = Decide(Claimed(attempt: 1), Answer(status));

        Assert.Equal((state, error, status), (settlement.State, settlement.Error, settlement.Response?.Status));
        Assert.False(settlement.NotAnAttempt);
    }

    [Theory]
    [InlineData(InvocationOutcome.AppNotFound, RunState.Failed, RunErrors.AppNotFound)]
    [InlineData(InvocationOutcome.ResultTooLarge, RunState.Failed, RunErrors.ResultTooLarge)]
    [InlineData(InvocationOutcome.Unreachable, RunState.Scheduled, RunErrors.ReplicaUnreachable)]
    [InlineData(InvocationOutcome.TimedOut, RunState.Scheduled, RunErrors.RunTimeout)]
    public void Outcome_without_an_answer_decides(InvocationOutcome outcome, RunState state, string error)
    {
        Settlement settlement = Decide(Claimed(attempt: 1), new InvocationResult(outcome));

        Assert.Equal((state, error), (settlement.State, settlement.Error));
    }

    [Fact]
    public void Settlement_names_the_run_and_the_lease()
    {
        ClaimedRun run = Claimed(attempt: 1) with { Lease = 42 };

        Settlement settlement = Decide(run, Answer(200));

        Assert.Equal((run.Id, 42L), (settlement.Id, settlement.Lease));
    }

    [Theory]
    [InlineData(3, 0, RunState.Scheduled)]
    [InlineData(4, 0, RunState.Dead)]
    [InlineData(4, 1, RunState.Scheduled)] // One of the four ended with its worker.
    [InlineData(6, 2, RunState.Dead)]
    public void Attempts_are_used_up_by_failures_and_not_by_crashes(int attempt, int crashes, RunState state)
    {
        Assert.Equal(state, Decide(Claimed(attempt, crashes), Answer(500)).State);
        Assert.Equal(state, Decide(Claimed(attempt, crashes), new InvocationResult(InvocationOutcome.TimedOut)).State);
    }

    [Fact]
    public void Back_off_grows_with_the_failures()
    {
        TimeSpan[] waits = [.. Enumerable.Range(1, 3).Select(n => Decide(Claimed(n), Answer(500), random: 0.5).RunAt!.Value - Now)];

        Assert.Equal([TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(4)], waits);
    }

    [Fact]
    public void Retry_after_of_the_function_is_honoured()
    {
        InvocationResult result = Answer(429) with { RetryAfter = TimeSpan.FromSeconds(30) };

        Assert.Equal(Now + TimeSpan.FromSeconds(30), Decide(Claimed(1), result).RunAt);
    }

    [Theory]
    [InlineData(Refusal.QueueFull, 1)]
    [InlineData(Refusal.QueueTimeout, 1)]
    [InlineData(Refusal.ColdStartTimeout, 1)]
    [InlineData(Refusal.Draining, 1)]
    [InlineData(Refusal.NoReplica, 10)]
    [InlineData(Refusal.Cancelled, 0)]
    public void Refusal_gives_the_run_back_without_an_attempt_even_the_last_one(Refusal refusal, int meanSeconds)
    {
        var result = new InvocationResult(InvocationOutcome.Refused, Refusal: refusal);

        Settlement settlement = Decide(Claimed(attempt: 4), result, random: 0.5);

        Assert.Equal((RunState.Scheduled, true, null), (settlement.State, settlement.NotAnAttempt, settlement.Error));
        Assert.Equal(Now + TimeSpan.FromSeconds(meanSeconds), settlement.RunAt);
    }

    [Fact]
    public void Retry_after_of_the_gateway_is_honoured_within_its_limit()
    {
        var result = new InvocationResult(InvocationOutcome.Refused, Refusal: Refusal.QueueFull, RetryAfter: TimeSpan.FromDays(2));

        Assert.Equal(Now + RetryPolicy.MaxRetryAfter, Decide(Claimed(1), result).RunAt);
    }

    private static Settlement Decide(ClaimedRun run, InvocationResult result, double random = 0.5) =>
        RetryDecision.Decide(run, result, Now, random);

    private static InvocationResult Answer(int status) => new(InvocationOutcome.Answered, new RunResponse(status, [], default));

    private static ClaimedRun Claimed(int attempt, int crashes = 0) => new(
        new RunId(Guid.CreateVersion7(Now)), new FunctionId(new AppId("p-test", "app"), "f"), new RunRequest("POST", "/f", [], default),
        attempt, MaxAttempts: 4, Lease: attempt, crashes);
}
