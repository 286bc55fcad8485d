using InterCluster.Api.Auth;
using InterCluster.Api.Gateway;
using InterCluster.Api.Homes;
using InterCluster.Api.Problems;
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
            .WithDescription("`limit` is 1 to 1000, 50 by default; `next_cursor` goes on; `from` and `to` are RFC 3339 times. Gateways that did not answer in time are in `unanswered`.").Produces<RequestListView>();
        requests.MapGet("/{runId}", GetAsync).WithName("GetRequest").WithSummary("One finished call").Produces<RequestView>().WithProblems(404);
    }

    // The parameters are named for the document; the reader reads them, strictly.
    private static async Task ListAsync(
        HttpContext context, string project, string? app, string? function, string? status, string? min_status, string? from, string? to, string? cursor, string? limit,
        RequestViews views)
    {
        if (await ReadAsync(context, project) is { } asked)
        {
            string query = context.Request.QueryString.ToUriComponent();
            await Answers.JsonAsync(context, await views.AllAsync(project, asked.Filter, asked.Limit, query, context.RequestAborted));
        }
    }

    /// <summary>For other gateways: the same of this gateway's own calls.</summary>
    internal static async Task OwnListAsync(HttpContext context, string project, RequestViews views)
    {
        if (await ReadAsync(context, project) is { } asked)
        {
            await Answers.JsonAsync(context, await views.OwnAsync(project, asked.Filter, asked.Limit, context.RequestAborted));
        }
    }

    private static async Task GetAsync(HttpContext context, string project, string runId, RequestViews views)
    {
        if (!RunId.TryParse(runId, out RunId id))
        {
            await Answers.InvalidAsync(context, "Not a run's id.");
            return;
        }

        GatewayAnswers<RequestView> found = await views.AllAsync(project, id, context.RequestAborted);
        await (found switch
        {
            { Answers: [{ } call, ..] } => Answers.JsonAsync(context, call),
            { Unanswered: null } => Answers.NotFoundAsync(context, ProblemCodes.RunNotFound, "The log has no such call."),
            _ => Problem.WriteAsync(
                context, StatusCodes.Status503ServiceUnavailable, ProblemCodes.Draining,
                $"No gateway that answered has such a call, and {found.Unanswered.Count} did not answer.", retryable: true, Refusals.RetryAfter()),
        });
    }

    /// <summary>For other gateways: this gateway's own call of a run, in a list of one or none.</summary>
    internal static async Task OwnAsync(HttpContext context, string project, string runId, RequestViews views) =>
        await (RunId.TryParse(runId, out RunId id)
            ? Answers.JsonAsync(context, await views.OwnAsync(project, id, context.RequestAborted))
            : Answers.InvalidAsync(context, "Not a run's id."));

    private static async ValueTask<(RequestFilter Filter, int Limit)?> ReadAsync(HttpContext context, string project)
    {
        var query = new QueryReader(context, "app", "function", "status", "min_status", "from", "to", "cursor", "limit");
        var filter = new RequestFilter(
            query.Text("app"), query.Text("function"), query.Whole("status", 100, 599), query.Whole("min_status", 100, 599), query.Time("from"), query.Time("to"),
            query.RequestCursor("cursor", project));
        int limit = query.Whole("limit", 1, MaxLimit) ?? DefaultLimit;
        return await query.IsValidAsync() ? (filter, limit) : null;
    }
}
