using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Cli.Terminal;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Webhooks;

/// <summary><c>webhooks receivers</c>.</summary>
internal sealed class WebhookReceiversCommand(CliHost host) : CliCommand(
    host, "receivers", "List receivers that fail, and those that are sent nothing any more.", ["intercluster webhooks receivers"])
{
    protected override async Task<int> RunAsync(CliSession session, CancellationToken ct)
    {
        ApiAnswer<ReceiverListView> receivers = await session.Api.GatewayAsync<ReceiverListView>(HttpMethod.Get, session.Path("webhooks", "receivers"), ct);
        if (session.Console.IsJson)
        {
            session.Console.Json(receivers.Json);
            return ExitCodes.Ok;
        }

        session.Console.Result.Show(new TableView(
            ["RECEIVER", "STATE", ">FAILURES", "FAILING SINCE", "ERROR"], receivers.Value.Receivers.Select(Row), "No receiver fails."));
        return ExitCodes.Ok;
    }

    private static IReadOnlyList<Cell> Row(ReceiverView receiver) =>
    [
        receiver.Receiver, new Cell(receiver.State, receiver.State == "disabled" ? Tone.Bad : Tone.Warn), $"{receiver.Failures}",
        $"{receiver.FailingSince:u}", receiver.LastError,
    ];
}
