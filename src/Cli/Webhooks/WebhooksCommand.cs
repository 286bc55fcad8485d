using System.CommandLine;
using System.Globalization;
using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Cli.Terminal;
using InterCluster.Core.Webhooks;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Webhooks;

/// <summary><c>webhooks</c>: by itself the list of deliveries.</summary>
internal sealed class WebhooksCommand : CliCommand
{
    private readonly Option<DeliveryState?> _state = new("--state", "-s") { Description = "Only in this state: pending, delivered or dead", HelpName = "STATE" };
    private readonly Option<string?> _run = new("--run") { Description = "Only of this run", HelpName = "RUN" };
    private readonly Option<int> _limit = new("--limit", "-n") { Description = "How many at most", DefaultValueFactory = _ => 20, HelpName = "N" };
    private readonly Option<string?> _cursor = new("--cursor") { Description = "Go on where the last page ended", HelpName = "CURSOR" };

    public WebhooksCommand(CliHost host)
        : base(host, "webhooks", "List deliveries of webhooks, newest first; show one; send again.",
        [
            "intercluster webhooks --state dead",
            "intercluster webhooks show DELIVERY",
            "intercluster webhooks --state dead --json | jq -r '.deliveries[].delivery_id' | xargs intercluster webhooks redeliver",
        ])
    {
        Options.Add(_state);
        Options.Add(_run);
        Options.Add(_limit);
        Options.Add(_cursor);
        Subcommands.Add(new WebhookShowCommand(host));
        Subcommands.Add(new WebhookRedeliverCommand(host));
        Subcommands.Add(new WebhookReceiversCommand(host));
        Subcommands.Add(new WebhookEnableCommand(host));
    }

    protected override async Task<int> RunAsync(CliSession session, CancellationToken ct)
    {
        ApiAnswer<DeliveryListView> page = await session.Api.GatewayAsync<DeliveryListView>(
            HttpMethod.Get,
            ApiPath.WithQuery(
                session.Path("webhooks", "deliveries"),
                ("state", session.Get(_state) is { } state ? StateTones.Word(state) : null),
                ("run", session.Get(_run)),
                ("limit", session.Get(_limit).ToString(CultureInfo.InvariantCulture)),
                ("cursor", session.Get(_cursor))),
            ct);
        if (session.Console.IsJson)
        {
            session.Console.Json(page.Json);
            return ExitCodes.Ok;
        }

        session.Console.Result.Show(new TableView(
            ["DELIVERY", "FUNCTION", "STATE", ">ATTEMPTS", "?>STATUS", "?ERROR", "?CREATED", "URL"], page.Value.Deliveries.Select(d => Row(d, session.Now)),
            "No such deliveries."));
        if (page.Value.NextCursor is { } next)
        {
            session.Console.Notes.Line(new Cell($"More: add --cursor {next}", Tone.Dim));
        }

        return ExitCodes.Ok;
    }

    private static Cell[] Row(DeliveryView delivery, DateTimeOffset now) =>
    [
        delivery.DeliveryId,
        WebhookCells.Function(delivery),
        WebhookCells.State(delivery.State),
        delivery.Attempts,
        StateTones.OfStatus(delivery.LastStatus),
        new Cell(delivery.LastError ?? "", Tone.Bad),
        Cell.Time(delivery.CreatedAt, now),
        delivery.Url,
    ];
}
