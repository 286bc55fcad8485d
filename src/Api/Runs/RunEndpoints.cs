using InterCluster.Api.Auth;
using InterCluster.Api.Batches;
using InterCluster.Api.Control;
using InterCluster.Api.Problems;
using InterCluster.Core.Apps;
using InterCluster.Core.Identity;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace InterCluster.Api.Runs;

/// <summary>The run API: <c>/api/v1/projects/{project}/runs</c>, on both ports.</summary>
public static class RunEndpoints
{
    /// <summary>Maps the run API. Needs <see cref="RunApiServiceCollectionExtensions.AddRunApi"/>.</summary>
    public static IEndpointRouteBuilder MapRuns(this IEndpointRouteBuilder endpoints)
    {
        RouteGroupBuilder runs = endpoints.MapGroup("/api/v1/projects/{project}/runs").WithTags("Runs");
        RouteGroupBuilder read = runs.MapGroup("").RequireProject(Scopes.Read);
        read.MapGet("", ListAsync).WithName("ListRuns").Produces<RunListView>();
        read.MapGet("{id}", GetAsync).WithName("GetRun").Produces<RunView>();
        read.MapGet("{id}/result", RunResults.GetAsync).WithName("GetRunResult").WithProblems(404, 409, 410, 502, 504);
        RouteGroupBuilder change = runs.MapGroup("").RequireProject(Scopes.Runs);
        change.MapDelete("{id}", CancelAsync).WithName("CancelRun").Produces<RunChangeView>();
        ManyRunEndpoints.Map(runs);
        change.MapPost("{id}/replay", ReplayAsync).WithName("ReplayRun").Produces<RunChangeView>()
            .WithSummary("Runs a failed or dead run again; with a body, makes a new run of one that has ended, with another input")
            .WithDescription("The body has the fields of a batch's line; what it leaves out is as it was. Needs the scope `invoke` too.")
            .Produces<RunAccepted>(202).WithProblems(400, 403, 404, 409, 413, 415, 422, 503);
        RouteGroupBuilder letters = endpoints.MapGroup("/api/v1/projects/{project}/dead-letters").WithTags("Runs");
        letters.MapGroup("").RequireProject(Scopes.Read)
            .MapGet("", DeadLetters.ListAsync).WithName("ListDeadLetters").Produces<DeadLetterListView>();
        BatchEndpoints.Map(endpoints);
        return endpoints;
    }

    private static async Task GetAsync(HttpContext context, string project, string id, RunWaiters waiters)
    {
        RunQuery query = RunQuery.Of(context, "wait");
        TimeSpan wait = query.Wait();
        if (await RunRequests.ReadAsync(context, query, id) is not { } run)
        {
            return;
        }

        RunInfo? info = await waiters.WaitAsync(project, run, wait, context.RequestAborted);
        await (info is null ? RunRequests.NotFoundAsync(context) : RunRequests.JsonAsync(context, RunView.From(info)));
    }

    private static async Task ListAsync(HttpContext context, string project, IRunStore store)
    {
        RunQuery query = RunQuery.Of(context, "app", "function", "state", "batch", "tag", "from", "to", "cursor", "limit");
        RunFilter filter = query.Filter(project);
        int limit = query.Limit();
        RunId? before = query.Cursor(project, out bool foreign);
        if (query.Errors.Count > 0)
        {
            await RunRequests.RefuseAsync(context, query.Errors);
            return;
        }

        if (foreign)
        {
            await Problem.WriteAsync(context, 404, ProblemCodes.NotFound, "There is no such page.");
            return;
        }

        RunPage page = await store.ListAsync(filter, before, limit, context.RequestAborted);
        string? next = page.Next is { } last ? RunCursor.Write(project, last) : null;
        await RunRequests.JsonAsync(context, new RunListView([.. page.Runs.Select(RunView.From)], next));
    }

    private static async Task CancelAsync(HttpContext context, string project, string id, IRunStore store)
    {
        if (await RunRequests.ReadAsync(context, RunQuery.Of(context), id) is not { } run)
        {
            return;
        }

        RunState? before = await store.CancelAsync(project, run, CancellationToken.None);
        await (before is { } state
            ? RunRequests.JsonAsync(context, new RunChangeView(run.ToString(), !RunStateMachine.IsTerminal(state), state))
            : RunRequests.NotFoundAsync(context));
    }

    private static async Task ReplayAsync(
        HttpContext context, string project, string id, IRunStore store, IAppCatalog catalog, IRunAnnouncer announcer, ReplayWithChanges changes)
    {
        if (await RunRequests.ReadAsync(context, RunQuery.Of(context), id) is not { } run)
        {
            return;
        }

        if (await store.GetAsync(project, run, context.RequestAborted) is not { } info)
        {
            await RunRequests.NotFoundAsync(context);
            return;
        }

        if (!catalog.TryGet(info.Function.App, out Revision? revision))
        {
            await Problem.WriteAsync(context, 404, ProblemCodes.AppNotFound, "The run's app is not deployed.");
            return;
        }

        if (ReplayWithChanges.IsAsked(context))
        {
            await changes.RunAsync(context, info, revision.Config.Runs.For(info.Function.Function));
            return;
        }

        RunState before = await store.ReplayAsync(project, run, CancellationToken.None) ?? info.State;
        if (RunStateMachine.Allows(RunTrigger.Replay, before, RunState.Queued))
        {
            announcer.Announce(info.Function, run);
        }

        await RunRequests.JsonAsync(context, new RunChangeView(run.ToString(), RunStateMachine.Allows(RunTrigger.Replay, before, RunState.Queued), before));
    }
}
