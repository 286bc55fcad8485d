using InterCluster.Api.Auth;
using InterCluster.Api.Control;
using InterCluster.Core.Apps;
using InterCluster.Core.Identity;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Core.Schedules;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace InterCluster.Api.Schedules;

/// <summary>Put, show, pause, run and remove schedules.</summary>
internal static class ScheduleEndpoints
{
    private const int DefaultLimit = 50;
    private const int MaxLimit = 1000;

    public static void Map(RouteGroupBuilder project)
    {
        RouteGroupBuilder schedules = project.MapGroup("/schedules").WithTags("Schedules");
        schedules.MapGet("", ListAsync).RequireProject(Scopes.Read).WithName("ListSchedules").WithSummary("The project's schedules, by name").Produces<ScheduleListView>();
        schedules.MapGet("/{name}", GetAsync).RequireProject(Scopes.Read).WithName("GetSchedule").WithSummary("One schedule, with its next fire time")
            .Produces<ScheduleView>().WithProblems(404);
        schedules.MapPut("/{name}", PutAsync).RequireProject(Scopes.Admin).WithName("PutSchedule").WithSummary("Makes a schedule, or replaces it and keeps its history")
            .WithDescription("`call` has the fields of a batch's line. Another `cron` or `time_zone` is in force from now on.")
            .Accepts<PutScheduleRequest>("application/json").Produces<ScheduleView>().Produces<ScheduleView>(201).WithProblems(404, 413, 415);
        schedules.MapDelete("/{name}", DeleteAsync).RequireProject(Scopes.Admin).WithName("DeleteSchedule").WithSummary("Removes a schedule with its history; its runs stay")
            .Produces(204).WithProblems(404);
        schedules.MapPost("/{name}/pause", PauseAsync).RequireProject(Scopes.Admin).WithName("PauseSchedule").WithSummary("Nothing fires until it is resumed")
            .Produces<ScheduleView>().WithProblems(404);
        schedules.MapPost("/{name}/resume", ResumeAsync).RequireProject(Scopes.Admin).WithName("ResumeSchedule")
            .WithSummary("In force from now on: what passed meanwhile is not made up for").Produces<ScheduleView>().WithProblems(404);
        schedules.MapPost("/{name}/run-now", RunNowAsync).RequireProject(Scopes.Admin).WithName("RunSchedule")
            .WithSummary("Starts a run of it at once, paused or not, whatever runs").Produces<ScheduleFireView>().WithProblems(404);
        schedules.MapGet("/{name}/history", HistoryAsync).RequireProject(Scopes.Read).WithName("ScheduleHistory")
            .WithSummary("Its fire times and what became of them, newest first").WithDescription("`limit` is 1 to 1000, 50 by default.")
            .Produces<ScheduleHistoryView>().WithProblems(404);
    }

    private static async Task ListAsync(HttpContext context, string project, IScheduleStore store, [FromServices] ICronCalendar calendar, TimeProvider time)
    {
        if (await new QueryReader(context).IsValidAsync())
        {
            IReadOnlyList<Schedule> all = await store.ListAsync(project, context.RequestAborted);
            await Answers.JsonAsync(context, new ScheduleListView([.. all.Select(s => ScheduleViews.Of(s, calendar, time.GetUtcNow()))]));
        }
    }

    private static async Task GetAsync(HttpContext context, string project, string name, IScheduleStore store, [FromServices] ICronCalendar calendar, TimeProvider time) =>
        await AnswerAsync(context, await store.GetAsync(project, name, context.RequestAborted), calendar, time);

    private static async Task PutAsync(
        HttpContext context, string project, string name, IScheduleStore store, [FromServices] ScheduleReader reader, IAppCatalog catalog, [FromServices] ICronCalendar calendar, TimeProvider time)
    {
        if (await RequestBody.JsonAsync<PutScheduleRequest>(context) is not { } request)
        {
            return;
        }

        var errors = new List<string>();
        bool deployed = catalog.TryGet(new AppId(project, request.App), out Revision? revision);
        RunPolicy policy = deployed ? revision!.Config.Runs.For(request.Function) : new RunPolicy();
        if (reader.Read(context, context.GetCaller(), project, name, request, policy, errors) is not { } schedule)
        {
            await Answers.InvalidAsync(context, errors[0], errors.Count > 1 ? errors : null);
        }
        else if (!deployed)
        {
            await Answers.NoSuchAppAsync(context);
        }
        else
        {
            bool isNew = await store.PutAsync(schedule, CancellationToken.None);
            Schedule? stored = await store.GetAsync(project, name, context.RequestAborted);
            await AnswerAsync(context, stored, calendar, time, isNew ? StatusCodes.Status201Created : StatusCodes.Status200OK);
        }
    }

    private static async Task DeleteAsync(HttpContext context, string project, string name, IScheduleStore store)
    {
        if (await store.DeleteAsync(project, name, CancellationToken.None))
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        }
        else
        {
            await NoSuchAsync(context);
        }
    }

    private static Task PauseAsync(HttpContext context, string project, string name, IScheduleStore store, [FromServices] ICronCalendar calendar, TimeProvider time) =>
        SetPausedAsync(context, project, name, paused: true, store, calendar, time);

    private static Task ResumeAsync(HttpContext context, string project, string name, IScheduleStore store, [FromServices] ICronCalendar calendar, TimeProvider time) =>
        SetPausedAsync(context, project, name, paused: false, store, calendar, time);

    private static async Task SetPausedAsync(
        HttpContext context, string project, string name, bool paused, IScheduleStore store, ICronCalendar calendar, TimeProvider time) =>
        await AnswerAsync(context, await store.SetPausedAsync(project, name, paused, context.GetCaller().KeyId, CancellationToken.None), calendar, time);

    private static async Task RunNowAsync(HttpContext context, string project, string name, IScheduleStore store, [FromServices] IRunAnnouncer announcer, [FromServices] IAppCatalog catalog, TimeProvider time)
    {
        // Two demands at the same microsecond are two.
        FireResult result;
        DateTimeOffset at = time.GetUtcNow();
        RunPolicy policy = await store.GetAsync(project, name, context.RequestAborted) is { } schedule ? catalog.PolicyOf(schedule.Function) : new RunPolicy();
        do
        {
            result = await store.FireAsync(new FireRequest(project, name, [at], Until: null, Manual: true) { Policy = policy }, CancellationToken.None);
            at = at.AddMicroseconds(1);
        }
        while (result.Fires.Count == 0 && await store.GetAsync(project, name, CancellationToken.None) is not null);

        foreach (StartedRun run in result.Started)
        {
            announcer.Announce(run.Function, run.Id);
        }

        await (result.Fires.Count == 0 ? NoSuchAsync(context) : Answers.JsonAsync(context, ScheduleFireView.From(result.Fires[0])));
    }

    // The parameter is named for the document; the reader reads it, strictly.
    private static async Task HistoryAsync(HttpContext context, string project, string name, string? limit, IScheduleStore store)
    {
        var query = new QueryReader(context, "limit");
        int count = query.Whole("limit", 1, MaxLimit) ?? DefaultLimit;
        if (await query.IsValidAsync())
        {
            IReadOnlyList<ScheduleFire>? fires = await store.HistoryAsync(project, name, count, context.RequestAborted);
            await (fires is null ? NoSuchAsync(context) : Answers.JsonAsync(context, new ScheduleHistoryView([.. fires.Select(ScheduleFireView.From)])));
        }
    }

    private static Task AnswerAsync(HttpContext context, Schedule? schedule, ICronCalendar calendar, TimeProvider time, int status = StatusCodes.Status200OK) =>
        schedule is null ? NoSuchAsync(context) : Answers.JsonAsync(context, ScheduleViews.Of(schedule, calendar, time.GetUtcNow()), status);

    private static Task NoSuchAsync(HttpContext context) => Answers.NotFoundAsync(context, ProblemCodes.NotFound, "The project has no such schedule.");
}
