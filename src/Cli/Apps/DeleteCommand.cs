using System.CommandLine;
using System.Text.Json;
using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Cli.Terminal;

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

        ApiAnswer<JsonElement> answer = await session.Api.ControlAsync<JsonElement>(HttpMethod.Delete, session.Path("apps", app), ct);
        if (session.Console.IsJson)
        {
            session.Console.Json(answer.Json);
        }
        else
        {
            session.Console.Result.Line(new Cell($"{app} is deleted; calls in flight finish.", Tone.Good));
        }

        return ExitCodes.Ok;
    }

    private static bool Confirmed(CliSession session, string app) =>
        session.Console.CanAsk
            ? session.Console.Confirm($"Delete {app} in {session.Connection.Project} and fail its waiting runs?")
            : throw CliException.Usage($"Deleting {app} needs --yes here: nobody can be asked.");
}
