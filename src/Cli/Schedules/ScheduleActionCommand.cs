using System.CommandLine;
using InterCluster.Cli.CommandLine;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Schedules;

/// <summary>What is done with a schedule and answered with how it is then.</summary>
internal enum ScheduleAction
{
    Show,
    Pause,
    Resume,
}

/// <summary><c>schedules show|pause|resume NAME</c>.</summary>
internal sealed class ScheduleActionCommand : CliCommand
{
    private readonly Argument<string> _name = new("NAME") { Description = "The schedule's name" };
    private readonly ScheduleAction _action;

    public ScheduleActionCommand(CliHost host, ScheduleAction action)
        : base(host, Word(action), About(action), [$"intercluster schedules {Word(action)} nightly"])
    {
        _action = action;
        Arguments.Add(_name);
    }

    protected override async Task<int> RunAsync(CliSession session, CancellationToken ct)
    {
        string name = session.Get(_name);
        return ScheduleOutput.Show(session, _action == ScheduleAction.Show
            ? await session.Api.ControlAsync<ScheduleView>(HttpMethod.Get, session.Path("schedules", name), ct)
            : await session.Api.ControlAsync<ScheduleView>(HttpMethod.Post, session.Path("schedules", name, Word(_action)), ct));
    }

    private static string Word(ScheduleAction action) => action switch
    {
        ScheduleAction.Pause => "pause",
        ScheduleAction.Resume => "resume",
        _ => "show",
    };

    private static string About(ScheduleAction action) => action switch
    {
        ScheduleAction.Pause => "Nothing fires until it is resumed.",
        ScheduleAction.Resume => "In force from now on; what passed meanwhile is not made up for.",
        _ => "Show a schedule and when it fires next.",
    };
}
