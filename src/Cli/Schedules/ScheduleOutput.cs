using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Cli.Terminal;
using InterCluster.Core.Schedules;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Schedules;

/// <summary>How schedules are shown.</summary>
internal static class ScheduleOutput
{
    public static string Function(ScheduleView schedule) => schedule.Function == "/" ? schedule.App : $"{schedule.App}/{schedule.Function}";

    public static Cell State(ScheduleView schedule) => schedule.Paused ? new Cell("paused", Tone.Warn) : new Cell("active", Tone.Good);

    public static Cell Outcome(FireOutcome outcome) => outcome switch
    {
        FireOutcome.Fired => new Cell("fired", Tone.Good),
        FireOutcome.Waiting => new Cell("waiting", Tone.Warn),
        _ => new Cell("skipped: overlap", Tone.Dim),
    };

    public static int Show(CliSession session, ApiAnswer<ScheduleView> answer)
    {
        if (session.Console.IsJson)
        {
            session.Console.Json(answer.Json);
            return ExitCodes.Ok;
        }

        ScheduleView schedule = answer.Value;
        session.Console.Result.Show(new DetailView(
        [
            ("schedule", new Cell(schedule.Name, Tone.Strong)),
            ("state", State(schedule)),
            ("calendar", $"{schedule.Cron} ({schedule.TimeZone})"),
            ("next", Cell.Time(schedule.NextFireTime, session.Now)),
            ("function", Function(schedule)),
            ("method", schedule.Call.Method),
            ("attempts", schedule.Call.MaxAttempts),
            ("misfire", schedule.Misfire == MisfirePolicy.All ? $"all, at most {schedule.MisfireLimit}" : StateTones.Word(schedule.Misfire)),
            ("overlap", StateTones.Word(schedule.Overlap)),
            ("created", Cell.Time(schedule.CreatedAt, session.Now)),
            ("changed", Cell.Time(schedule.UpdatedAt, session.Now)),
        ]));
        return ExitCodes.Ok;
    }
}
