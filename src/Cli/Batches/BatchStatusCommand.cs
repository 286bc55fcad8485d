using System.CommandLine;
using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Batches;

/// <summary><c>batch status BATCH</c>.</summary>
internal sealed class BatchStatusCommand : CliCommand
{
    private readonly Argument<string> _id = new("BATCH") { Description = "The batch's id" };

    public BatchStatusCommand(CliHost host)
        : base(host, "status", "Show a batch: its upload and the counts of its runs. Exit 1 when it is done and a run did not succeed.", ["intercluster batch status $id"])
    {
        Arguments.Add(_id);
    }

    protected override async Task<int> RunAsync(CliSession session, CancellationToken ct)
    {
        ApiAnswer<BatchView> batch = await session.Api.GatewayAsync<BatchView>(
            HttpMethod.Get, session.Path("batches", BatchDetails.Check(session.Get(_id))), ct);
        if (session.Console.IsJson)
        {
            session.Console.Json(batch.Json);
        }
        else
        {
            session.Console.Result.Show(BatchDetails.Of(batch.Value, session.Now));
        }

        return BatchDetails.Exit(batch.Value);
    }
}
