using System.Text;
using System.Text.Json;
using InterCluster.Api.Batches;
using InterCluster.Api.Runs;
using InterCluster.Core.Apps;
using InterCluster.Core.Identity;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Core.Schedules;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace InterCluster.Api.Schedules;

/// <summary>Makes a schedule of what was put, or says everything that is wrong with it.</summary>
internal sealed class ScheduleReader(ICronCalendar calendar, IOptions<RunOptions> options, TimeProvider time)
{
    private const int MaxLimit = 1000;

    // They belong to one run, and a schedule makes many.
    private static readonly string[] OfOneRun = ["delay", "run_at", "idempotency_key", "tag"];

    public Schedule? Read(HttpContext context, Caller caller, string project, string name, PutScheduleRequest request, RunPolicy policy, List<string> errors)
    {
        Check(name, request, errors);
        NewRun? run = errors.Count == 0 ? Call(context, caller, new FunctionId(new AppId(project, request.App), request.Function), request, policy, errors) : null;
        return run is null ? null : new Schedule
        {
            Project = project,
            Name = name,
            Cron = request.Cron,
            TimeZone = request.TimeZone,
            Function = run.Function,
            Request = run.Request,
            Priority = run.Priority,
            MaxAttempts = run.MaxAttempts,
            Misfire = request.Misfire,
            MisfireLimit = request.MisfireLimit,
            Overlap = request.Overlap,
            Paused = request.Paused,
            UpdatedBy = caller.KeyId,
        };
    }

    private void Check(string name, PutScheduleRequest request, List<string> errors)
    {
        if (!Names.IsApp(name))
        {
            errors.Add("name: must be 1 to 63 of a-z, 0-9 and hyphens, with no hyphen at either end.");
        }

        if (calendar.WhyNot(request.Cron, request.TimeZone) is { } why)
        {
            errors.Add(why);
        }

        if (!Names.IsApp(request.App))
        {
            errors.Add("app: not an app's name.");
        }

        if (!Names.IsFunction(request.Function) || Names.IsPrivateFunction(request.Function))
        {
            errors.Add("function: not the name of a function that can be called.");
        }

        if (request.MisfireLimit is < 1 or > MaxLimit)
        {
            errors.Add($"misfire_limit: must be a number from 1 to {MaxLimit}.");
        }
    }

    private NewRun? Call(HttpContext context, Caller caller, FunctionId function, PutScheduleRequest request, RunPolicy policy, List<string> errors)
    {
        if (request.Call is { } fields && fields.ValueKind != JsonValueKind.Object)
        {
            errors.Add("call: must be an object.");
            return null;
        }

        if (request.Call is { } call && Array.Find(OfOneRun, f => call.TryGetProperty(f, out _)) is { } single)
        {
            errors.Add($"call: {single} is of a single run.");
            return null;
        }

        var parser = new LineParser(
            new LineContext
            {
                Function = function,
                Policy = policy,
                OurHeaders = BatchSubmission.OurHeaders(context, function.App, caller),
                SubmittedBy = caller.KeyId,
                MaxBody = options.Value.MaxAsyncBodyBytes,
                MaxDelay = options.Value.MaxDelay,
            },
            time);
        NewRun? run = parser.Parse(Encoding.UTF8.GetBytes(request.Call?.GetRawText() ?? "{}"), 1, out LineError? error);
        if (error is not null)
        {
            errors.Add($"call: {error.Detail}");
        }

        return run;
    }
}
