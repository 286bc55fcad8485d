using System.CommandLine;
using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Cli.Terminal;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Webhooks;

/// <summary><c>webhooks show DELIVERY</c>.</summary>
internal sealed class WebhookShowCommand : CliCommand
{
    private readonly Argument<string> _id = new("DELIVERY") { Description = "The delivery's id" };

    public WebhookShowCommand(CliHost host)
        : base(host, "show", "Show a delivery and its attempts.", ["intercluster webhooks show 0198c0de-0000-7000-8000-000000000000"]) => Arguments.Add(_id);

    protected override async Task<int> RunAsync(CliSession session, CancellationToken ct)
    {
        ApiAnswer<DeliveryView> found = await session.Api.GatewayAsync<DeliveryView>(HttpMethod.Get, session.Path("webhooks", "deliveries", session.Get(_id)), ct);
        if (session.Console.IsJson)
        {
            session.Console.Json(found.Json);
            return ExitCodes.Ok;
        }

        DeliveryView delivery = found.Value;
        session.Console.Result.Show(Details(delivery, session.Now));
        session.Console.Result.Show(new TableView(
            [">ATTEMPT", "STATUS", "ERROR", ">TOOK", "AT"],
            (delivery.Log ?? []).Select(a => (Cell[])
            [
                a.Number, StateTones.OfStatus(a.Status), new Cell(a.Error ?? "", Tone.Bad), Cell.Span(TimeSpan.FromMilliseconds(a.TookMs)), Cell.Time(a.At, session.Now),
            ]),
            "No attempt yet."));
        return ExitCodes.Ok;
    }

    private static DetailView Details(DeliveryView delivery, DateTimeOffset now) => new(
    [
        ("delivery", new Cell(delivery.DeliveryId, Tone.Strong)),
        ("state", WebhookCells.State(delivery.State)),
        ("url", delivery.Url),
        ("run", delivery.RunId),
        ("function", WebhookCells.Function(delivery)),
        ("function's status", StateTones.OfStatus(delivery.RunStatus)),
        ("body", delivery.BodyBytes is { } bytes ? $"{bytes} bytes" : "omitted: over the limit"),
        ("retries", StateTones.Word(delivery.Retries)),
        ("signed", delivery.Signed ? "yes" : "no"),
        ("attempts", delivery.Attempts),
        ("created", Cell.Time(delivery.CreatedAt, now)),
        ("next attempt", Cell.Time(delivery.NextAttemptAt, now)),
        ("finished", Cell.Time(delivery.FinishedAt, now)),
    ]);
}
