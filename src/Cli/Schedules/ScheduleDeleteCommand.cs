using System.CommandLine;
using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Terminal;

namespace InterCluster.Cli.Schedules;

/// <summary><c>schedules delete NAME</c>.</summary>
internal sealed class ScheduleDeleteCommand : CliCommand
{
    private readonly Argument<string> _name = new("NAME") { Description = "The schedule's name" };

    public ScheduleDeleteCommand(CliHost host)
        : base(host, "delete", "Remove a schedule with its history; its runs stay.", ["intercluster schedules delete nightly"]) => Arguments.Add(_name);

    protected override async Task<int> RunAsync(CliSession session, CancellationToken ct)
    {
        string name = session.Get(_name);
        using HttpResponseMessage answer = await session.Api.SendAsync(
            session.Connection.ControlUrl, HttpMethod.Delete, session.Path("schedules", name), content: null, ct);
        if (!answer.IsSuccessStatusCode)
        {
            throw await session.Api.FailureAsync(answer, ct);
        }

        session.Console.Notes.Line(new Cell($"Schedule {name} is removed.", Tone.Good));
        return ExitCodes.Ok;
    }
}
