using InterCluster.Api.Auth;
using InterCluster.Api.Control;
using InterCluster.Core.Identity;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace InterCluster.Api.Runs;

/// <summary><c>DELETE runs?…</c> and <c>POST runs/replay?…</c>: many runs at once, by the filter of the list, with a cap and a dry run.</summary>
internal static class ManyRunEndpoints
{
    private const int MostCancelled = 10_000_000;
    private const int DefaultReplayed = 1000;
    private const int MostReplayed = 100_000;
    private static readonly string[] Known = ["app", "function", "batch", "tag", "state", "from", "to", "limit", "dry_run", "all"];

    public static void Map(RouteGroupBuilder runs)
    {
        RouteGroupBuilder change = runs.MapGroup("").RequireProject(Scopes.Runs).WithProblems(400, 401, 403, 503);
        change.MapDelete("", CancelAsync).WithName("CancelRuns").Produces<RunsChangeView>();
        change.MapPost("replay", ReplayAsync).WithName("ReplayRuns").Produces<RunsChangeView>();
    }

    private static Task CancelAsync(HttpContext context, string project, ManyRuns many) =>
        ChangeAsync(context, project, MostCancelled, MostCancelled, [RunState.Scheduled, RunState.Queued, RunState.Running], many.CancelAsync);

    private static Task ReplayAsync(HttpContext context, string project, ManyRuns many) =>
        ChangeAsync(context, project, DefaultReplayed, MostReplayed, [RunState.Dead, RunState.Failed], many.ReplayAsync);

    private static async Task ChangeAsync(
        HttpContext context, string project, int limit, int most, RunState[] states, Func<RunFilter, long, bool, CancellationToken, Task<RunsChangeView>> change)
    {
        RunQuery query = RunQuery.Of(context, Known);
        RunFilter filter = query.Filter(project);
        limit = query.Number("limit", limit, most);
        bool dryRun = query.Switch("dry_run");
        bool all = query.Switch("all");
        query.Require(filter.State is null || states.Contains(filter.State.Value), $"'state' must be one of {string.Join(", ", states).ToLowerInvariant()} here.");
        bool narrowed = filter is not { App: null, Function: null, Batch: null, Tag: null, State: null, From: null, To: null };
        query.Require(narrowed != all, all ? "'all' excludes every filter." : "Name what is meant (app, function, batch, tag, state, from, to), or say all=true.");
        if (query.Errors.Count > 0)
        {
            await RunRequests.RefuseAsync(context, query.Errors);
            return;
        }

        await RunRequests.JsonAsync(context, await change(filter, limit, dryRun, context.RequestAborted));
    }
}
