using System.CommandLine;
using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Cli.Terminal;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Batches;

/// <summary><c>batch cancel BATCH</c>.</summary>
internal sealed class BatchCancelCommand : CliCommand
{
    private readonly Argument<string> _id = new("BATCH") { Description = "The batch's id" };

    public BatchCancelCommand(CliHost host)
        : base(host, "cancel", "Cancel a batch: no more lines, and every run that has not ended.", ["intercluster batch cancel $id"])
    {
        Arguments.Add(_id);
    }

    protected override async Task<int> RunAsync(CliSession session, CancellationToken ct)
    {
        string path = session.Path("batches", BatchDetails.Check(session.Get(_id)));
        long cancelled = 0;
        ApiAnswer<RunsChangeView> change;
        do
        {
            change = await session.Api.GatewayAsync<RunsChangeView>(HttpMethod.Delete, path, ct);
            cancelled += change.Value.Changed;
        }
        while (change.Value is { More: true, Changed: > 0 });

        if (session.Console.IsJson)
        {
            session.Console.Json(change.Json);
        }
        else
        {
            session.Console.Result.Line(new Cell($"{cancelled} runs are cancelled.", Tone.Good));
        }

        return ExitCodes.Ok;
    }
}
