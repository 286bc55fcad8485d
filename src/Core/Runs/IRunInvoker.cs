using InterCluster.Core.Admission;

namespace InterCluster.Core.Runs;

/// <summary>
/// Makes the call of a claimed run through the gateway's admission: in process when embedded, over HTTP otherwise.
/// </summary>
public interface IRunInvoker
{
    /// <summary>Never throws but for <see cref="OperationCanceledException"/> when <paramref name="ct"/> was cancelled.</summary>
    /// <param name="run">The run.</param>
    /// <param name="stopWaiting">Gives up the wait for a slot (<see cref="Refusal.Cancelled"/>); a call that has its slot goes on.</param>
    /// <param name="ct">Abandons the call wherever it is.</param>
    ValueTask<InvocationResult> InvokeAsync(ClaimedRun run, CancellationToken stopWaiting, CancellationToken ct);
}

/// <summary>How an invocation ended.</summary>
public enum InvocationOutcome : byte
{
    /// <summary>The function answered.</summary>
    Answered,

    /// <summary>Admission refused it; the function was not called.</summary>
    Refused,

    /// <summary>The app does not exist any more.</summary>
    AppNotFound,

    /// <summary>The connection broke before a whole answer.</summary>
    Unreachable,

    /// <summary>It ran longer than the run's time limit.</summary>
    TimedOut,

    /// <summary>The answer was larger than the limit.</summary>
    ResultTooLarge,
}

/// <summary>The result of an invocation.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Response">The answer, when <see cref="InvocationOutcome.Answered"/>.</param>
/// <param name="Refusal">Why, when <see cref="InvocationOutcome.Refused"/>.</param>
/// <param name="RetryAfter">What the function asked for in <c>Retry-After</c>.</param>
public readonly record struct InvocationResult(
    InvocationOutcome Outcome, RunResponse? Response = null, Refusal Refusal = Refusal.None, TimeSpan? RetryAfter = null);
