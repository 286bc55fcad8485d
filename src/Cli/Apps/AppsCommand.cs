using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Cli.Terminal;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Apps;

/// <summary><c>apps</c>.</summary>
internal sealed class AppsCommand(CliHost host) : CliCommand(
    host, "apps", "List the apps of the project and what they do now.",
    ["intercluster apps", "intercluster apps --project p-team --json"])
{
    protected override async Task<int> RunAsync(CliSession session, CancellationToken ct)
    {
        ApiAnswer<AppListView> apps = await session.Api.ControlAsync<AppListView>(HttpMethod.Get, session.Path("apps"), ct);
        if (session.Console.IsJson)
        {
            session.Console.Json(apps.Json);
        }
        else
        {
            session.Console.Result.Show(new TableView(
                ["APP", ">REV", "REPLICAS", "?>IN FLIGHT", "?>WAITING", "?>RUNS", "?AUTH", "?DEPLOYED"],
                apps.Value.Apps.Select(a => Row(a, session.Now)),
                $"No apps in {session.Connection.Project}. `intercluster deploy FOLDER` deploys one."));
            session.Console.Notes.Missing(apps.Value.Unanswered);
        }

        return ExitCodes.Ok;
    }

    private static Cell[] Row(AppView app, DateTimeOffset now) =>
    [
        new Cell(app.App, Tone.Strong),
        app.Revision,
        AppDetails.Replicas(app.Live),
        AppDetails.InFlight(app.Live),
        AppDetails.Waiting(app.Live),
        AppDetails.QueuedRuns(app.Live),
        AppDetails.Auth(app),
        Cell.Time(app.DeployedAt, now),
    ];
}
