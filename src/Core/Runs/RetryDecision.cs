using InterCluster.Core.Admission;

namespace InterCluster.Core.Runs;

/// <summary>
/// What follows from the result of an attempt: a pure function. Below 400 the run succeeded. What another try may mend is tried again until the
/// attempts are used up, then it is dead; what it cannot mend failed. A refusal by admission is not an attempt.
/// </summary>
public static class RetryDecision
{
    /// <summary>The mean wait after a refusal that passes by itself: a full queue, a cold start.</summary>
    public static readonly TimeSpan RefusedDelay = TimeSpan.FromSeconds(1);

    /// <summary>The mean wait when no replica can be had: that lasts, and trying is in vain.</summary>
    public static readonly TimeSpan NoReplicaDelay = TimeSpan.FromSeconds(10);

    /// <summary>Decides.</summary>
    /// <param name="run">The run, as it was claimed.</param>
    /// <param name="result">How the invocation ended.</param>
    /// <param name="now">The time.</param>
    /// <param name="random">A number from 0 (inclusive) to 1 (exclusive).</param>
    public static Settlement Decide(ClaimedRun run, in InvocationResult result, DateTimeOffset now, double random) => result.Outcome switch
    {
        InvocationOutcome.Answered => Answered(run, result, now, random),
        InvocationOutcome.Refused => Settlement.GiveBack(run.Id, run.Lease, now + RefusalDelay(result, random)),
        InvocationOutcome.AppNotFound => Settlement.Failed(run.Id, run.Lease, RunErrors.AppNotFound, null),
        InvocationOutcome.Unreachable => RetryOrDie(run, RunErrors.ReplicaUnreachable, result, now, random),
        InvocationOutcome.TimedOut => RetryOrDie(run, RunErrors.RunTimeout, result, now, random),
        InvocationOutcome.ResultTooLarge => Settlement.Failed(run.Id, run.Lease, RunErrors.ResultTooLarge, null),
        _ => throw new ArgumentOutOfRangeException(nameof(result), result.Outcome, "Unknown outcome of an invocation."),
    };

    private static Settlement Answered(ClaimedRun run, in InvocationResult result, DateTimeOffset now, double random)
    {
        RunResponse response = result.Response ?? throw new ArgumentException("An answered invocation has a response.", nameof(result));
        if (response.Status < 400)
        {
            return Settlement.Succeeded(run.Id, run.Lease, response);
        }

        return RetryPolicy.IsRetryable(response.Status)
            ? RetryOrDie(run, RunErrors.FunctionError, result, now, random)
            : Settlement.Failed(run.Id, run.Lease, RunErrors.FunctionError, response);
    }

    private static Settlement RetryOrDie(ClaimedRun run, string error, in InvocationResult result, DateTimeOffset now, double random)
    {
        // Every claim counts as an attempt; those that ended with their worker are counted apart and are no failures of the function.
        int failures = Math.Max(1, run.Attempt - run.Crashes);
        return failures >= run.MaxAttempts
            ? Settlement.Dead(run.Id, run.Lease, error, result.Response)
            : Settlement.Retry(run.Id, run.Lease, error, result.Response, now + RetryPolicy.Delay(failures, result.RetryAfter, random, run.Backoff));
    }

    private static TimeSpan RefusalDelay(in InvocationResult result, double random)
    {
        if (result.Refusal == Refusal.Cancelled)
        {
            return TimeSpan.Zero; // The worker is leaving: another one may take it now.
        }

        TimeSpan mean = result.Refusal == Refusal.NoReplica ? NoReplicaDelay : RefusedDelay;
        TimeSpan delay = mean * (0.5 + random);
        TimeSpan asked = RetryPolicy.Honoured(result.RetryAfter);
        return asked > delay ? asked : delay;
    }
}
