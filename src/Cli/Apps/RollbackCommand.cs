using System.CommandLine;
using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Cli.Terminal;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Apps;

/// <summary><c>app APP rollback REVISION</c>.</summary>
internal sealed class RollbackCommand : CliCommand
{
    private readonly Argument<string> _app;
    private readonly Argument<int> _revision = new("REVISION") { Description = "The number of the revision to go back to" };

    public RollbackCommand(CliHost host, Argument<string> app)
        : base(host, "rollback", "Put an old revision in force again, as a new revision.", ["intercluster app words rollback 3"])
    {
        _app = app;
        Arguments.Add(_revision);
    }

    protected override async Task<int> RunAsync(CliSession session, CancellationToken ct)
    {
        using HttpContent body = ApiClient.Body(new RollbackRequest(session.Get(_revision)));
        ApiAnswer<AppView> app = await session.Api.ControlAsync<AppView>(
            HttpMethod.Post, session.Path("apps", session.Get(_app), "rollback"), ct, body);
        if (session.Console.IsJson)
        {
            session.Console.Json(app.Json);
        }
        else
        {
            session.Console.Result.Line(new Cell(
                $"{app.Value.App} runs revision {app.Value.Revision}, which is revision {session.Get(_revision)} again.", Tone.Good));
        }

        return ExitCodes.Ok;
    }
}
