using InterCluster.Core.Requests;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Http;

namespace InterCluster.Api.Runs;

/// <summary>Puts the calls of async runs into the same log as all others: one entry for each attempt that a replica was asked for.</summary>
internal sealed class RunCallRecorder(IRequestLog requests, TimeProvider time)
{
    public void Record(ClaimedRun run, in InvocationResult result, string replica, TimeSpan queued, bool coldStart, TimeSpan took)
    {
        if (result.Outcome == InvocationOutcome.Refused)
        {
            return;
        }

        (int status, string? code) = Describe(result);
        TimeSpan total = queued + took;
        requests.Record(new RequestRecord
        {
            Id = run.Id,
            Function = run.Function,
            Time = time.GetUtcNow() - total,
            Method = run.Request.Method,
            Status = status,
            Code = code,
            Replica = replica,
            Queued = queued,
            Total = total,
            RequestBytes = run.Request.Body.Length,
            ResponseBytes = result.Response?.Body.Length ?? 0,
            ColdStart = coldStart,
        });
    }

    private static (int Status, string? Code) Describe(in InvocationResult result) => result.Outcome switch
    {
        InvocationOutcome.Answered => (result.Response!.Status, null),
        InvocationOutcome.TimedOut => (StatusCodes.Status504GatewayTimeout, ProblemCodes.RunTimeout),
        InvocationOutcome.ResultTooLarge => (StatusCodes.Status502BadGateway, ProblemCodes.ResultTooLarge),
        _ => (StatusCodes.Status502BadGateway, ProblemCodes.ReplicaUnreachable),
    };
}
