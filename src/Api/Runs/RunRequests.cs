using InterCluster.Api.Problems;
using InterCluster.Core.Naming;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Http;

namespace InterCluster.Api.Runs;

/// <summary>What the run endpoints share: reading the run's id, answering.</summary>
internal static class RunRequests
{
    /// <summary>The run that the path names; null when the request was malformed and has been answered.</summary>
    public static async ValueTask<RunId?> ReadAsync(HttpContext context, RunQuery query, string id)
    {
        bool valid = RunId.TryParse(id, out RunId run);
        if (valid && query.Errors.Count == 0)
        {
            return run;
        }

        await RefuseAsync(context, valid ? query.Errors : [.. query.Errors, "The run's id is not a UUID."]);
        return null;
    }

    public static Task RefuseAsync(HttpContext context, IReadOnlyList<string> errors) =>
        Problem.WriteAsync(context, 400, ProblemCodes.InvalidRequest, errors[0], errors: errors.Count > 1 ? errors : null);

    public static Task NotFoundAsync(HttpContext context) => Problem.WriteAsync(context, 404, ProblemCodes.RunNotFound);

    /// <summary>The state of a run changes: no cache may keep it.</summary>
    public static Task JsonAsync<T>(HttpContext context, T view)
    {
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsJsonAsync(view, WireJson.Options, context.RequestAborted);
    }
}
