using InterCluster.Api.Homes;
using InterCluster.Api.Requests;
using InterCluster.Core.Naming;
using InterCluster.Core.Requests;
using InterCluster.Core.Wire;

namespace InterCluster.Api.Control;

/// <summary>Shows finished calls: this gateway's own, and those of all gateways as one list.</summary>
internal sealed class RequestViews(IRequestLog log, IOtherGateways others)
{
    /// <summary>Where gateways ask each other, on the data plane's port.</summary>
    public const string Prefix = "/internal/v1/requests";

    /// <summary>A page of this gateway's own calls. It looks through the whole log: not on an I/O thread.</summary>
    public Task<RequestListView> OwnAsync(string project, RequestFilter filter, int limit, CancellationToken ct) => Task.Run(() =>
    {
        IReadOnlyList<RequestRecord> found = log.Recent(project, filter, limit + 1);
        return Page(project, found.Select(View), limit, log.Dropped, null);
    }, ct);

    /// <summary>This gateway's own calls of a run: one, or none.</summary>
    public Task<RequestView[]> OwnAsync(string project, RunId run, CancellationToken ct) => Task.Run<RequestView[]>(
        // Another project's call is answered as if there were none.
        () => log.TryFind(run, out RequestRecord found) && found.Function.App.Project == project ? [View(found)] : [], ct);

    /// <summary>A page of the calls of all gateways.</summary>
    /// <param name="project">Whose.</param>
    /// <param name="filter">Which.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="query">The same, as the caller wrote it.</param>
    /// <param name="ct">The caller has gone.</param>
    public async Task<RequestListView> AllAsync(string project, RequestFilter filter, int limit, string query, CancellationToken ct)
    {
        Task<GatewayAnswers<RequestListView>> asked = others.AskAsync<RequestListView>($"{Prefix}/{project}{query}", only: null, ct).AsTask();
        RequestListView own = await OwnAsync(project, filter, limit, ct);
        GatewayAnswers<RequestListView> answers = await asked;
        RequestListView[] pages = [own, .. answers.Answers];
        RequestListView all = Page(project, pages.SelectMany(p => p.Requests), limit, pages.Sum(p => p.Dropped), answers.Unanswered);
        // What a gateway has kept back comes behind the last one that is shown, or it would be shown.
        return all.NextCursor is null && pages.Any(p => p.NextCursor is not null) ? all with { NextCursor = CursorAfter(project, all.Requests[^1]) } : all;
    }

    /// <summary>A run's call, whichever gateway it came to.</summary>
    public async Task<GatewayAnswers<RequestView>> AllAsync(string project, RunId run, CancellationToken ct)
    {
        if (await OwnAsync(project, run, ct) is [{ } own])
        {
            return new GatewayAnswers<RequestView>([own], null);
        }

        GatewayAnswers<RequestView[]> answers = await others.AskAsync<RequestView[]>($"{Prefix}/{project}/{run}", only: null, ct);
        return new GatewayAnswers<RequestView>([.. answers.Answers.SelectMany(a => a)], answers.Unanswered);
    }

    private static RequestListView Page(string project, IEnumerable<RequestView> found, int limit, long dropped, IReadOnlyList<string>? unanswered)
    {
        RequestView[] newest = [.. found.OrderByDescending(PlaceOf).Take(limit + 1)];
        bool more = newest.Length > limit;
        RequestView[] shown = more ? newest[..limit] : newest;
        return new RequestListView(shown, dropped, more ? CursorAfter(project, shown[^1]) : null, unanswered);
    }

    private static string CursorAfter(string project, RequestView last) => RequestCursor.Write(project, PlaceOf(last));

    private static RequestPlace PlaceOf(RequestView view) => new(view.Time, RunId.TryParse(view.RunId, out RunId run) ? run : default);

    private static RequestView View(RequestRecord r) => new(
        r.Id.ToString(), r.Time, r.Function.App.Project, r.Function.App.App, r.Function.Function, r.Method, r.Status, r.Code, r.Caller, r.Replica,
        r.Queued.TotalMilliseconds, r.Total.TotalMilliseconds, r.RequestBytes, r.ResponseBytes, r.ColdStart, r.ParentRequestId);
}
