using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Cli.Terminal;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Runs;

/// <summary>
/// Cancelling or replaying all runs that a filter finds: they are counted first, whoever can be asked is asked, and the server is asked again until there are no
/// more.
/// </summary>
internal sealed class ManyRuns
{
    private readonly Option<string?> _app;
    private readonly Option<string?> _function = new("--function") { Description = "All runs of this function", HelpName = "NAME" };
    private readonly Option<RunState?> _state = new("--state", "-s") { Description = "All runs in this state", HelpName = "STATE" };
    private readonly Option<string?> _batch = new("--batch") { Description = "All runs of this batch", HelpName = "BATCH" };
    private readonly Option<string?> _tag = new("--tag") { Description = "All runs with this tag", HelpName = "TAG" };
    private readonly Option<string?> _from = CommonOptions.Moment("--from", "All runs accepted at or after");
    private readonly Option<string?> _to = CommonOptions.Moment("--to", "All runs accepted before");
    private readonly Option<bool> _all = new("--all") { Description = "All runs of the project" };
    private readonly Option<int?> _limit = new("--limit", "-n") { Description = "How many at most", HelpName = "N" };
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Count them and change nothing" };
    private readonly Option<bool> _yes = new("--yes", "-y") { Description = "Do not ask; required where nobody can be asked" };

    public ManyRuns(CliHost host)
    {
        _app = new Option<string?>("--app", "-a")
        {
            Description = "All runs of this app",
            HelpName = "APP",
            CompletionSources = { context => AppNameCompletion.Complete(context, host) },
        };
    }

    public IEnumerable<Option> Options => [_app, _function, _state, _batch, _tag, _from, _to, _all, _limit, _dryRun, _yes];

    /// <summary>True when any of the options was given.</summary>
    public bool IsAsked(CliSession session) =>
        Filters(session).Any(f => f.Value is not null) || session.Get(_all) || session.Get(_limit) is not null || session.Get(_dryRun) || session.Get(_yes);

    /// <summary>Exit 1 when nothing was found, or whoever was asked said no.</summary>
    public async Task<int> RunAsync(CliSession session, HttpMethod method, string verb, string done, string[] path, CancellationToken ct)
    {
        bool dryRun = session.Get(_dryRun);
        ApiAnswer<RunsChangeView> found = await AskAsync(session, method, path, dryRun: true, ct);
        if (dryRun || found.Value.Matched == 0)
        {
            Show(session, found.Json, $"{Count(found.Value)} found; nothing was changed.", found.Value.RunIds, found.Value.Matched > 0);
            return found.Value.Matched > 0 ? ExitCodes.Ok : ExitCodes.Failed;
        }

        if (!session.Get(_yes) && !Confirmed(session, $"{verb} {Count(found.Value)}"))
        {
            session.Console.Notes.Line("Nothing was changed.");
            return ExitCodes.Failed;
        }

        long changed = 0;
        ApiAnswer<RunsChangeView> answer;
        do
        {
            answer = await AskAsync(session, method, path, dryRun: false, ct);
            changed += answer.Value.Changed;
        }
        while (answer.Value is { More: true, Changed: > 0 } && session.Get(_limit) is null);
        Show(session, answer.Json, string.Create(CultureInfo.InvariantCulture, $"{changed} runs {done}."), [], changed > 0);
        return ExitCodes.Ok;
    }

    private static string Count(RunsChangeView found) =>
        string.Create(CultureInfo.InvariantCulture, $"{(found.More ? "at least " : "")}{found.Matched} {(found.Matched == 1 ? "run" : "runs")}");

    private static bool Confirmed(CliSession session, string what) =>
        session.Console.CanAsk
            ? session.Console.Confirm($"{what} in {session.Connection.Project}?")
            : throw CliException.Usage($"{what}: that needs --yes here: nobody can be asked. --dry-run shows which.");

    private static void Show(CliSession session, JsonElement json, string text, IReadOnlyList<string> ids, bool good)
    {
        if (session.Console.IsJson)
        {
            session.Console.Json(json);
            return;
        }

        foreach (string id in ids)
        {
            session.Console.Result.Line(id);
        }

        session.Console.Notes.Line(new Cell(text, good ? Tone.Good : Tone.Warn));
    }

    private (string Name, string? Value)[] Filters(CliSession session) =>
    [
        ("app", session.Get(_app)),
        ("function", session.Get(_function)),
        ("state", session.Get(_state) is { } state ? StateTones.Word(state) : null),
        ("batch", session.Get(_batch)),
        ("tag", session.Get(_tag)),
        ("from", CommonOptions.ReadMoment(session.Get(_from), session.Time)),
        ("to", CommonOptions.ReadMoment(session.Get(_to), session.Time)),
    ];

    private Task<ApiAnswer<RunsChangeView>> AskAsync(CliSession session, HttpMethod method, string[] path, bool dryRun, CancellationToken ct) =>
        session.Api.GatewayAsync<RunsChangeView>(
            method,
            ApiPath.WithQuery(
                session.Path(path),
                [
                    .. Filters(session),
                    ("all", session.Get(_all) ? "true" : null),
                    ("limit", session.Get(_limit)?.ToString(CultureInfo.InvariantCulture)),
                    ("dry_run", dryRun ? "true" : null),
                ]),
            ct);
}
