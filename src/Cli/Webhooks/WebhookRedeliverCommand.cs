using System.CommandLine;
using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Cli.Terminal;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Webhooks;

/// <summary><c>webhooks redeliver DELIVERY…</c>.</summary>
internal sealed class WebhookRedeliverCommand : CliCommand
{
    private readonly Argument<string[]> _ids = new("DELIVERY") { Description = "The deliveries' ids", Arity = ArgumentArity.OneOrMore };

    public WebhookRedeliverCommand(CliHost host)
        : base(host, "redeliver", "Send delivered or dead ones again, with fresh attempts. Exit 1 when any is pending already.", ["intercluster webhooks redeliver $id"]) =>
        Arguments.Add(_ids);

    protected override async Task<int> RunAsync(CliSession session, CancellationToken ct)
    {
        int exit = ExitCodes.Ok;
        foreach (string id in session.Get(_ids)!)
        {
            ApiAnswer<DeliveryChangeView> change = await session.Api.GatewayAsync<DeliveryChangeView>(
                HttpMethod.Post, session.Path("webhooks", "deliveries", id, "redeliver"), ct);
            exit = change.Value.Changed ? exit : ExitCodes.Failed;
            if (session.Console.IsJson)
            {
                session.Console.Json(change.Json);
            }
            else
            {
                session.Console.Result.Line(change.Value.Changed
                    ? new Cell($"{id} is sent again; it was {StateTones.Word(change.Value.PreviousState)}.", Tone.Good)
                    : new Cell($"{id} is pending already.", Tone.Warn));
            }
        }

        return exit;
    }
}
