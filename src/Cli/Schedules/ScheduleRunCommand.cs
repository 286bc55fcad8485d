using System.CommandLine;
using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Schedules;

/// <summary><c>schedules run NAME</c>.</summary>
internal sealed class ScheduleRunCommand : CliCommand
{
    private readonly Argument<string> _name = new("NAME") { Description = "The schedule's name" };

    public ScheduleRunCommand(CliHost host)
        : base(host, "run", "Start a run of it now, paused or not; prints the run's id.", ["intercluster run $(intercluster schedules run nightly) --wait"]) =>
        Arguments.Add(_name);

    protected override async Task<int> RunAsync(CliSession session, CancellationToken ct)
    {
        ApiAnswer<ScheduleFireView> fire = await session.Api.ControlAsync<ScheduleFireView>(
            HttpMethod.Post, session.Path("schedules", session.Get(_name), "run-now"), ct);
        if (session.Console.IsJson)
        {
            session.Console.Json(fire.Json);
        }
        else
        {
            session.Console.Result.Line(fire.Value.RunId!);
        }

        return ExitCodes.Ok;
    }
}
