using InterCluster.Core.Admission;
using InterCluster.Core.Failures;
using InterCluster.Core.Runs;
using InterCluster.Workers.Leases;
using InterCluster.Workers.Settling;
using Microsoft.Extensions.Logging;

namespace InterCluster.Workers.Execution;

/// <summary>Carries out one claimed run: call, decide, settle.</summary>
internal sealed partial class RunExecutor(
    IRunInvoker invoker, Settler settler, HeldRuns held, WorkerMetrics metrics, TimeProvider time, ILogger<RunExecutor> logger)
{
    /// <summary>
    /// Ends when the run is settled or lost; never throws. The answer says why the app's admission refused the call, if it did.
    /// </summary>
    /// <param name="run">The run; released here.</param>
    /// <param name="stopWaiting">Gives back a run that has no slot yet.</param>
    public async Task<Refusal> ExecuteAsync(HeldRun run, CancellationToken stopWaiting)
    {
        try
        {
            if (stopWaiting.IsCancellationRequested)
            {
                await GiveBackAsync(run);
                return Refusal.Cancelled;
            }

            Failpoint.Hit(FailurePoint.RunClaimed);
            InvocationResult result = await invoker.InvokeAsync(run.Run, stopWaiting, run.Aborted);
            Failpoint.Hit(FailurePoint.AnswerRead);
            await settler.SettleAsync(run, RetryDecision.Decide(run.Run, result, time.GetUtcNow(), Random.Shared.NextDouble()));
            Failpoint.Hit(FailurePoint.RunSettled);
            return result.Outcome == InvocationOutcome.Refused ? result.Refusal : Refusal.None;
        }
        catch (OperationCanceledException) when (run.Reason != AbortReason.None)
        {
            await AbortedAsync(run);
        }
        catch (Exception e)
        {
            // Not an outcome but a bug: the lease ends by itself and the crash is counted apart from the function's failures.
            LogFailed(logger, run.Run.Id.Value, run.Run.Attempt, e);
        }
        finally
        {
            held.Release(run);
        }

        return Refusal.None;
    }

    private async Task AbortedAsync(HeldRun run)
    {
        metrics.Aborted(run.Run.Function.App, run.Reason);
        if (run.Reason == AbortReason.Stopping)
        {
            // Not the function's failure: its lease is given back, not waited out.
            await GiveBackAsync(run);
        }
    }

    private Task<bool> GiveBackAsync(HeldRun run) =>
        settler.SettleAsync(run, Settlement.GiveBack(run.Run.Id, run.Run.Lease, time.GetUtcNow()));

    [LoggerMessage(Level = LogLevel.Error, Message = "Run {RunId}, attempt {Attempt}: carrying it out failed unexpectedly")]
    private static partial void LogFailed(ILogger logger, Guid runId, int attempt, Exception exception);
}
