using System.CommandLine;
using System.Globalization;
using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Cli.Terminal;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Requests;

/// <summary><c>requests</c>: the log of finished calls.</summary>
internal sealed class RequestsCommand : CliCommand
{
    private readonly Option<string?> _app;
    private readonly Option<string?> _function = new("--function") { Description = "Only of this function", HelpName = "NAME" };
    private readonly Option<int?> _status = new("--status") { Description = "Only with this status", HelpName = "STATUS" };
    private readonly Option<bool> _failed = new("--failed") { Description = "Only with a status of 400 or above" };
    private readonly Option<string?> _from = CommonOptions.Moment("--from", "Ended at or after");
    private readonly Option<string?> _to = CommonOptions.Moment("--to", "Ended before");
    private readonly Option<int> _limit = new("--limit", "-n") { Description = "How many at most", DefaultValueFactory = _ => 20, HelpName = "N" };

    private readonly Option<string?> _cursor = new("--cursor") { Description = "Go on where the last page ended", HelpName = "CURSOR" };

    public RequestsCommand(CliHost host)
        : base(host, "requests", "List the last calls: who called what, how long it waited and took.",
            ["intercluster requests", "intercluster requests --app words --failed --from 1h --limit 100", "intercluster requests --json"])
    {
        _app = new Option<string?>("--app", "-a")
        {
            Description = "Only of this app",
            HelpName = "APP",
            CompletionSources = { context => AppNameCompletion.Complete(context, host) },
        };
        Options.Add(_app);
        Options.Add(_function);
        Options.Add(_status);
        Options.Add(_failed);
        Options.Add(_from);
        Options.Add(_to);
        Options.Add(_limit);
        Options.Add(_cursor);
    }

    protected override async Task<int> RunAsync(CliSession session, CancellationToken ct)
    {
        ApiAnswer<RequestListView> requests = await session.Api.ControlAsync<RequestListView>(HttpMethod.Get, Address(session), ct);
        if (session.Console.IsJson)
        {
            session.Console.Json(requests.Json);
            return ExitCodes.Ok;
        }

        session.Console.Result.Show(new TableView(
            ["TIME", ">STATUS", "?METHOD", "FUNCTION", ">TOTAL", "?>QUEUE", "?CALLER", "?RUN", "CODE"],
            requests.Value.Requests.Select(r => Row(r, session.Now)),
            "No calls yet."));
        if (requests.Value.Dropped > 0)
        {
            session.Console.Notes.Line(new Cell($"{requests.Value.Dropped} calls were not logged: the log could not keep up.", Tone.Warn));
        }

        session.Console.Notes.Missing(requests.Value.Unanswered);
        if (requests.Value.NextCursor is { } next)
        {
            session.Console.Notes.Line(new Cell($"More: add --cursor {next}", Tone.Dim));
        }

        return ExitCodes.Ok;
    }

    private string Address(CliSession session) => ApiPath.WithQuery(
        session.Path("requests"),
        ("app", session.Get(_app)),
        ("function", session.Get(_function)),
        ("status", session.Get(_status)?.ToString(CultureInfo.InvariantCulture)),
        ("min_status", session.Get(_failed) ? "400" : null),
        ("from", CommonOptions.ReadMoment(session.Get(_from), session.Time)),
        ("to", CommonOptions.ReadMoment(session.Get(_to), session.Time)),
        ("cursor", session.Get(_cursor)),
        ("limit", session.Get(_limit).ToString(CultureInfo.InvariantCulture)));

    private static Cell[] Row(RequestView r, DateTimeOffset now) =>
    [
        Cell.Time(r.Time, now),
        StateTones.OfStatus(r.Status),
        r.Method,
        r.Function == "/" ? r.App : $"{r.App}/{r.Function}",
        Cell.Span(TimeSpan.FromMilliseconds(r.TotalMs)),
        Cell.Span(TimeSpan.FromMilliseconds(r.QueueMs)) with { Tone = r.ColdStart ? Tone.Warn : Tone.Normal },
        r.Caller,
        new Cell(r.RunId, Tone.Dim),
        new Cell(r.Code ?? "", Tone.Bad),
    ];
}
