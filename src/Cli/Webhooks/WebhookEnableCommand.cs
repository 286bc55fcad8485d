using System.CommandLine;
using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Cli.Terminal;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Webhooks;

/// <summary><c>webhooks enable RECEIVER</c>.</summary>
internal sealed class WebhookEnableCommand : CliCommand
{
    private readonly Argument<string> _receiver = new("RECEIVER") { Description = "Host and port, as `webhooks receivers` shows it" };

    public WebhookEnableCommand(CliHost host)
        : base(host, "enable", "Send to a receiver again, and forget its failures. What died meanwhile can be redelivered.", ["intercluster webhooks enable hooks.example:443"]) =>
        Arguments.Add(_receiver);

    protected override async Task<int> RunAsync(CliSession session, CancellationToken ct)
    {
        string receiver = session.Get(_receiver);
        ApiAnswer<ReceiverView> before = await session.Api.GatewayAsync<ReceiverView>(
            HttpMethod.Post, session.Path("webhooks", "receivers", receiver, "enable"), ct);
        if (session.Console.IsJson)
        {
            session.Console.Json(before.Json);
        }
        else
        {
            session.Console.Result.Line(new Cell($"{receiver} is sent to again; it was {before.Value.State}.", Tone.Good));
        }

        return ExitCodes.Ok;
    }
}
