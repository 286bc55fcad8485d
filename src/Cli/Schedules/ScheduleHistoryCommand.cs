using System.CommandLine;
using System.Globalization;
using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Cli.Terminal;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Schedules;

/// <summary><c>schedules history NAME</c>.</summary>
internal sealed class ScheduleHistoryCommand : CliCommand
{
    private readonly Argument<string> _name = new("NAME") { Description = "The schedule's name" };
    private readonly Option<int> _limit = new("--limit", "-n") { Description = "How many at most", DefaultValueFactory = _ => 20, HelpName = "N" };

    public ScheduleHistoryCommand(CliHost host)
        : base(host, "history", "Its fire times and what became of them, newest first.", ["intercluster schedules history nightly --limit 100"])
    {
        Arguments.Add(_name);
        Options.Add(_limit);
    }

    protected override async Task<int> RunAsync(CliSession session, CancellationToken ct)
    {
        ApiAnswer<ScheduleHistoryView> history = await session.Api.ControlAsync<ScheduleHistoryView>(
            HttpMethod.Get,
            ApiPath.WithQuery(session.Path("schedules", session.Get(_name), "history"), ("limit", session.Get(_limit).ToString(CultureInfo.InvariantCulture))), ct);
        if (session.Console.IsJson)
        {
            session.Console.Json(history.Json);
            return ExitCodes.Ok;
        }

        session.Console.Result.Show(new TableView(
            ["FIRE TIME", "OUTCOME", "RUN", "STATE"],
            history.Value.Fires.Select(f => (Cell[])
            [
                Cell.Time(f.FireTime, session.Now), ScheduleOutput.Outcome(f.Outcome), f.RunId ?? "", f.RunState is { } state ? StateTones.Word(state) : "",
            ]),
            "No fire time yet."));
        return ExitCodes.Ok;
    }
}
