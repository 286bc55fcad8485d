using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Cli.Terminal;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Runs;

/// <summary><c>runs</c>.</summary>
internal sealed class RunsCommand : CliCommand
{
    private const int PageSize = 100;

    private readonly Option<string?> _app;
    private readonly Option<string?> _function = new("--function") { Description = "Only of this function", HelpName = "NAME" };
    private readonly Option<RunState?> _state = new("--state", "-s") { Description = "Only in this state", HelpName = "STATE" };
    private readonly Option<string?> _from = CommonOptions.Moment("--from", "Accepted at or after");
    private readonly Option<string?> _to = CommonOptions.Moment("--to", "Accepted before");
    private readonly Option<int> _limit = new("--limit", "-n") { Description = "How many at most", DefaultValueFactory = _ => 20, HelpName = "N" };
    private readonly Option<string?> _cursor = new("--cursor") { Description = "Go on where the last page ended", HelpName = "CURSOR" };
    private readonly Option<bool> _all = new("--all") { Description = "Every page; with --json, one run per line" };

    public RunsCommand(CliHost host)
        : base(host, "runs", "List runs, newest first.",
        [
            "intercluster runs",
            "intercluster runs --app report --state dead --from 24h",
            "intercluster runs --all --json | jq -r 'select(.attempt > 1).run_id'",
        ])
    {
        _app = new Option<string?>("--app", "-a")
        {
            Description = "Only of this app",
            HelpName = "APP",
            CompletionSources = { context => AppNameCompletion.Complete(context, host) },
        };
        Options.Add(_app);
        Options.Add(_function);
        Options.Add(_state);
        Options.Add(_from);
        Options.Add(_to);
        Options.Add(_limit);
        Options.Add(_cursor);
        Options.Add(_all);
    }

    protected override Task<int> RunAsync(CliSession session, CancellationToken ct) =>
        session.Get(_all) ? AllAsync(session, ct) : PageAsync(session, ct);

    private async Task<int> PageAsync(CliSession session, CancellationToken ct)
    {
        ApiAnswer<RunListView> page = await GetAsync(session, session.Get(_limit), session.Get(_cursor), ct);
        if (session.Console.IsJson)
        {
            session.Console.Json(page.Json);
            return ExitCodes.Ok;
        }

        session.Console.Result.Show(Table(session, page.Value.Runs));
        if (page.Value.NextCursor is { } next)
        {
            session.Console.Notes.Line(new Cell($"More: add --cursor {next}, or --all", Tone.Dim));
        }

        return ExitCodes.Ok;
    }

    private async Task<int> AllAsync(CliSession session, CancellationToken ct)
    {
        string? cursor = session.Get(_cursor);
        do
        {
            ApiAnswer<RunListView> page = await GetAsync(session, PageSize, cursor, ct);
            if (session.Console.IsJson)
            {
                foreach (JsonElement run in page.Json.GetProperty("runs").EnumerateArray())
                {
                    session.Console.Json(run);
                }
            }
            else
            {
                session.Console.Result.Show(Table(session, page.Value.Runs) with { Continues = cursor is not null });
            }

            cursor = page.Value.NextCursor;
        }
        while (cursor is not null);
        return ExitCodes.Ok;
    }

    private Task<ApiAnswer<RunListView>> GetAsync(CliSession session, int limit, string? cursor, CancellationToken ct) =>
        session.Api.GatewayAsync<RunListView>(
            HttpMethod.Get,
            ApiPath.WithQuery(
                session.Path("runs"),
                ("app", session.Get(_app)),
                ("function", session.Get(_function)),
                ("state", session.Get(_state) is { } state ? StateTones.Word(state) : null),
                ("from", CommonOptions.ReadMoment(session.Get(_from), session.Time)),
                ("to", CommonOptions.ReadMoment(session.Get(_to), session.Time)),
                ("limit", limit.ToString(CultureInfo.InvariantCulture)),
                ("cursor", cursor)),
            ct);

    private static TableView Table(CliSession session, IEnumerable<RunView> runs) =>
        new(RunDetails.Columns, runs.Select(r => RunDetails.Row(r, session.Now)), "No such runs.");
}
