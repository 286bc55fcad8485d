using InterCluster.Api.Problems;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace InterCluster.Api.Runs;

/// <summary>
/// <c>GET runs/{id}/result</c>: the function's last answer, with its own status, headers and body. A run that ended without any answer is told as
/// the sync call would have been: 504 <c>run_timeout</c>, 502 <c>replica_unreachable</c>, … ; a cancelled one as 409 <c>cancelled</c>. One whose time was over: 410 <c>expired</c>.
/// </summary>
internal static class RunResults
{
    public static async Task GetAsync(HttpContext context, string project, string id, IRunStore store, RunRetention retention, TimeProvider time)
    {
        if (await RunRequests.ReadAsync(context, RunQuery.Of(context), id) is not { } run)
        {
            return;
        }

        RunInfo? info = await store.GetAsync(project, run, context.RequestAborted);
        if (info is null)
        {
            // Whether there was such a run is not known any more; if there was, this is why it is not there.
            await (run.MadeAt is { } made && retention.Longest is { } longest && made < time.GetUtcNow() - longest
                ? ExpiredAsync(context, run, "Runs of that age are kept no longer.")
                : RunRequests.NotFoundAsync(context));
        }
        else if (!RunStateMachine.IsTerminal(info.State))
        {
            await Problem.WriteAsync(
                context, 409, ProblemCodes.NotFinished, $"The run is {info.State.ToString().ToLowerInvariant()}.", retryable: true,
                retryAfter: TimeSpan.FromSeconds(1));
        }
        else
        {
            await EndedAsync(context, info, store);
        }
    }

    /// <summary>Answers with what a run that has ended came to.</summary>
    public static async Task EndedAsync(HttpContext context, RunInfo info, IRunStore store)
    {
        if (info.State != RunState.Cancelled && await store.GetResponseAsync(info.Function.App.Project, info.Id, context.RequestAborted) is { } answer)
        {
            await WriteAsync(context, info, answer);
        }
        else if (info is { Status: not null, State: not RunState.Cancelled })
        {
            context.Response.Headers[WireHeaders.RunState] = info.State.ToString().ToLowerInvariant();
            await ExpiredAsync(context, info.Id, "The result was kept for its time and is gone; the run's record is still there.");
        }
        else
        {
            await WithoutAnswerAsync(context, info);
        }
    }

    private static Task WriteAsync(HttpContext context, RunInfo info, RunResponse answer)
    {
        HttpResponse response = context.Response;
        response.StatusCode = answer.Status;
        foreach (IGrouping<string, StoredHeader> header in answer.Headers.GroupBy(h => h.Name, StringComparer.OrdinalIgnoreCase))
        {
            response.Headers.Append(header.Key, new StringValues([.. header.Select(h => h.Value)]));
        }

        // The answer of an app comes from our own origin here: a browser must not let it act in our name.
        response.Headers.ContentSecurityPolicy = "sandbox; default-src 'none'";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.CacheControl = "private, no-store";
        response.Headers[WireHeaders.RequestId] = info.Id.ToString();
        response.Headers[WireHeaders.RunState] = info.State.ToString().ToLowerInvariant();
        response.Headers[WireHeaders.Attempt] = info.Attempt.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (answer.Status is 204 or 205 or 304 || HttpMethods.IsHead(info.Method))
        {
            return Task.CompletedTask;
        }

        response.ContentLength = answer.Body.Length;
        return response.Body.WriteAsync(answer.Body, context.RequestAborted).AsTask();
    }

    private static Task ExpiredAsync(HttpContext context, RunId run, string detail)
    {
        context.Response.Headers[WireHeaders.RequestId] = run.ToString();
        return Problem.WriteAsync(context, 410, ProblemCodes.Expired, detail);
    }

    private static Task WithoutAnswerAsync(HttpContext context, RunInfo info)
    {
        (int status, string code, string detail) = (info.State, info.Error) switch
        {
            (RunState.Cancelled, _) => (409, ProblemCodes.Cancelled, "The run was cancelled."),
            (_, RunErrors.AppNotFound) => (404, ProblemCodes.AppNotFound, "The app was deleted before the run could end."),
            (_, RunErrors.RunTimeout) => (504, ProblemCodes.RunTimeout, "Every attempt ran longer than the app's response_grace_period."),
            (_, RunErrors.ResultTooLarge) => (502, ProblemCodes.ResultTooLarge, "The function's answer was larger than the limit (InterCluster:Runs:MaxResultBytes)."),
            (_, RunErrors.Expired) => (504, ProblemCodes.TooOld, "The run was not started within the function's maximum age."),
            (_, RunErrors.WorkerLost) => (502, ProblemCodes.WorkerLost, "The workers that carried out the run were lost."),
            _ => (502, ProblemCodes.ReplicaUnreachable, "The replica's connection broke before an answer."),
        };
        context.Response.Headers[WireHeaders.RequestId] = info.Id.ToString();
        context.Response.Headers[WireHeaders.RunState] = info.State.ToString().ToLowerInvariant();
        return Problem.WriteAsync(context, status, code, detail);
    }
}
