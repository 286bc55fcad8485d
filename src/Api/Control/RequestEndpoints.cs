using InterCluster.Api.Auth;
using InterCluster.Core.Identity;
using InterCluster.Core.Naming;
using InterCluster.Core.Requests;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace InterCluster.Api.Control;

/// <summary>The log of finished calls.</summary>
internal static class RequestEndpoints
{
    private const int DefaultLimit = 50;
    private const int MaxLimit = 1000;

    public static void Map(RouteGroupBuilder project)
    {
        RouteGroupBuilder requests = project.MapGroup("/requests").WithTags("Requests").RequireProject(Scopes.Read);
        requests.MapGet("", ListAsync).WithName("ListRequests").WithSummary("The last finished calls that match, newest first")
            .WithDescription("`limit` is 1 to 1000, 50 by default; `from` and `to` are RFC 3339 times.").Produces<RequestListView>();
        requests.MapGet("/{runId}", GetAsync).WithName("GetRequest").WithSummary("One finished call").Produces<RequestView>().WithProblems(404);
    }

    // The parameters are named for the document; the reader reads them, strictly.
    private static async Task ListAsync(
        HttpContext context, string project, string? app, string? function, string? status, string? min_status, string? from, string? to, string? limit,
        IRequestLog log)
    {
        var query = new QueryReader(context, "app", "function", "status", "min_status", "from", "to", "limit");
        var filter = new RequestFilter(
            query.Text("app"), query.Text("function"), query.Whole("status", 100, 599), query.Whole("min_status", 100, 599), query.Time("from"), query.Time("to"));
        int count = query.Whole("limit", 1, MaxLimit) ?? DefaultLimit;
        if (await query.IsValidAsync())
        {
            // It looks through the whole log: not on an I/O thread.
            IReadOnlyList<RequestRecord> found = await Task.Run(() => log.Recent(project, filter, count), context.RequestAborted);
            await Answers.JsonAsync(context, new RequestListView([.. found.Select(r => View(r))], log.Dropped));
        }
    }

    private static async Task GetAsync(HttpContext context, string project, string runId, IRequestLog log)
    {
        if (!RunId.TryParse(runId, out RunId id))
        {
            await Answers.InvalidAsync(context, "Not a run's id.");
            return;
        }

        RequestRecord? found = await Task.Run(() => log.TryFind(id, out RequestRecord record) ? record : (RequestRecord?)null, context.RequestAborted);
        // Another project's call is answered as if there were none.
        await (found is { } record && record.Function.App.Project == project
            ? Answers.JsonAsync(context, View(record))
            : Answers.NotFoundAsync(context, ProblemCodes.RunNotFound, "The log has no such call."));
    }

    private static RequestView View(in RequestRecord r) => new(
        r.Id.ToString(), r.Time, r.Function.App.Project, r.Function.App.App, r.Function.Function, r.Method, r.Status, r.Code, r.Caller, r.Replica,
        r.Queued.TotalMilliseconds, r.Total.TotalMilliseconds, r.RequestBytes, r.ResponseBytes, r.ColdStart, r.ParentRequestId);
}
