using InterCluster.Api.Auth;
using InterCluster.Api.Control;
using InterCluster.Api.Problems;
using InterCluster.Api.Runs;
using InterCluster.Core.Batches;
using InterCluster.Core.Identity;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace InterCluster.Api.Batches;

/// <summary>The batch API, on both ports.</summary>
internal static class BatchEndpoints
{
    public static void Map(IEndpointRouteBuilder endpoints)
    {
        RouteGroupBuilder project = endpoints.MapGroup("/api/v1/projects/{project}").WithTags("Batches").WithProblems(400, 401, 403, 404, 503);
        RouteGroupBuilder submit = project.MapGroup("").RequireProject(Scopes.Invoke);
        submit.MapPost("apps/{app}/functions/{function}/batches", SubmitAsync).WithName("SubmitBatch")
            .Accepts<byte[]>("application/x-ndjson").Produces<BatchAcceptedView>(StatusCodes.Status202Accepted).WithProblems(408, 409, 413, 415, 422);
        RouteGroupBuilder read = project.MapGroup("/batches").RequireProject(Scopes.Read);
        read.MapGet("", ListAsync).WithName("ListBatches").Produces<BatchListView>();
        read.MapGet("{id}", GetAsync).WithName("GetBatch").Produces<BatchView>();
        read.MapGet("{id}/results", BatchResults.GetAsync).WithName("GetBatchResults").Produces(200, contentType: "application/x-ndjson");
        read.MapGet("{id}/events", BatchEvents.GetAsync).WithName("GetBatchEvents").Produces(200, contentType: "text/event-stream");
        RouteGroupBuilder change = project.MapGroup("/batches").RequireProject(Scopes.Runs);
        change.MapDelete("{id}", CancelAsync).WithName("CancelBatch").Produces<RunsChangeView>();
    }

    /// <summary>The batch of the path; null when there is none, and it has answered.</summary>
    public static async ValueTask<BatchInfo?> FindAsync(HttpContext context, RunQuery query, string project, string id, IBatchStore store)
    {
        if (!BatchId.TryParse(id, out BatchId batch) || query.Errors.Count > 0)
        {
            await RunRequests.RefuseAsync(context, query.Errors.Count > 0 ? query.Errors : ["The batch's id is not a UUID."]);
            return null;
        }

        BatchInfo? info = await store.GetAsync(project, batch, context.RequestAborted);
        if (info is null)
        {
            await NotFoundAsync(context);
        }

        return info;
    }

    private static Task SubmitAsync(HttpContext context, string project, string app, string function, BatchSubmission submission) =>
        submission.PostAsync(context, project, app, function);

    private static async Task ListAsync(HttpContext context, string project, IBatchStore store)
    {
        RunQuery query = RunQuery.Of(context, "cursor", "limit");
        int limit = query.Limit();
        RunId? before = query.Cursor(project, out bool foreign);
        if (query.Errors.Count > 0 || foreign)
        {
            await (foreign && query.Errors.Count == 0
                ? Problem.WriteAsync(context, 404, ProblemCodes.NotFound, "There is no such page.")
                : RunRequests.RefuseAsync(context, query.Errors));
            return;
        }

        BatchPage page = await store.ListAsync(project, before is { } id ? new BatchId(id.Value) : null, limit, context.RequestAborted);
        string? next = page.Next is { } last ? RunCursor.Write(project, new RunId(last.Value)) : null;
        await RunRequests.JsonAsync(context, new BatchListView([.. page.Batches.Select(BatchView.From)], next));
    }

    private static async Task GetAsync(HttpContext context, string project, string id, IBatchStore store)
    {
        if (await FindAsync(context, RunQuery.Of(context), project, id, store) is { } batch)
        {
            await RunRequests.JsonAsync(context, BatchView.From(batch));
        }
    }

    private static async Task CancelAsync(HttpContext context, string project, string id, IBatchStore store, ManyRuns many)
    {
        if (await FindAsync(context, RunQuery.Of(context), project, id, store) is not { } batch)
        {
            return;
        }

        await store.CancelAsync(project, batch.Id, CancellationToken.None);
        var filter = new RunFilter(project) { Batch = batch.Id };
        await RunRequests.JsonAsync(context, await many.CancelAsync(filter, long.MaxValue, dryRun: false, context.RequestAborted));
    }

    private static Task NotFoundAsync(HttpContext context) => Problem.WriteAsync(context, 404, ProblemCodes.BatchNotFound, "The project has no such batch.");
}
