using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Cli.Terminal;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Schedules;

/// <summary><c>schedules</c>: by itself the list.</summary>
internal sealed class SchedulesCommand : CliCommand
{
    public SchedulesCommand(CliHost host)
        : base(host, "schedules", "List schedules; put, show, pause, resume, run or delete one; its history.",
        [
            "intercluster schedules",
            "intercluster schedules put nightly --cron '0 3 * * *' --time-zone Europe/Berlin --to reports/build",
            "intercluster schedules history nightly",
        ])
    {
        Subcommands.Add(new SchedulePutCommand(host));
        Subcommands.Add(new ScheduleActionCommand(host, ScheduleAction.Show));
        Subcommands.Add(new ScheduleActionCommand(host, ScheduleAction.Pause));
        Subcommands.Add(new ScheduleActionCommand(host, ScheduleAction.Resume));
        Subcommands.Add(new ScheduleRunCommand(host));
        Subcommands.Add(new ScheduleDeleteCommand(host));
        Subcommands.Add(new ScheduleHistoryCommand(host));
    }

    protected override async Task<int> RunAsync(CliSession session, CancellationToken ct)
    {
        ApiAnswer<ScheduleListView> all = await session.Api.ControlAsync<ScheduleListView>(HttpMethod.Get, session.Path("schedules"), ct);
        if (session.Console.IsJson)
        {
            session.Console.Json(all.Json);
            return ExitCodes.Ok;
        }

        session.Console.Result.Show(new TableView(
            ["SCHEDULE", "CALENDAR", "TIME ZONE", "FUNCTION", "STATE", "NEXT"],
            all.Value.Schedules.Select(s => (Cell[])[s.Name, s.Cron, s.TimeZone, ScheduleOutput.Function(s), ScheduleOutput.State(s), Cell.Time(s.NextFireTime, session.Now)]),
            "No schedules."));
        return ExitCodes.Ok;
    }
}
