using System.CommandLine;
using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Cli.Terminal;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Apps;

/// <summary><c>delete APP</c>.</summary>
internal sealed class DeleteCommand : CliCommand
{
    private readonly Argument<string> _app;
    private readonly Option<bool> _yes = new("--yes", "-y") { Description = "Do not ask; required where nobody can be asked" };

    public DeleteCommand(CliHost host)
        : base(host, "delete", "Delete an app: no new calls, those in flight finish, its waiting runs fail.",
            ["intercluster delete words", "intercluster delete words --yes"])
    {
        _app = CommonOptions.App(host);
        Arguments.Add(_app);
        Options.Add(_yes);
    }

    protected override async Task<int> RunAsync(CliSession session, CancellationToken ct)
    {
        string app = session.Get(_app);
        if (!session.Get(_yes) && !Confirmed(session, app))
        {
            session.Console.Notes.Line("Nothing was deleted.");
            return ExitCodes.Failed;
        }

        ApiAnswer<AppDeletedView> answer = await session.Api.ControlAsync<AppDeletedView>(HttpMethod.Delete, session.Path("apps", app), ct);
        if (session.Console.IsJson)
        {
            session.Console.Json(answer.Json);
        }
        else
        {
            string rest = answer.Value.Drained ? "nothing of it runs any more" : "calls in flight go on to their end";
            session.Console.Result.Line(new Cell($"{app} is deleted; {rest}.", Tone.Good));
        }

        return ExitCodes.Ok;
    }

    private static bool Confirmed(CliSession session, string app) =>
        session.Console.CanAsk
            ? session.Console.Confirm($"Delete {app} in {session.Connection.Project} and fail its waiting runs?")
            : throw CliException.Usage($"Deleting {app} needs --yes here: nobody can be asked.");
}
