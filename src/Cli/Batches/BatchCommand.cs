using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Cli.Terminal;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Batches;

/// <summary><c>batch</c>: by itself the list.</summary>
internal sealed class BatchCommand : CliCommand
{
    public BatchCommand(CliHost host)
        : base(host, "batch", "Submit, list, watch and cancel batches: a run per line of NDJSON.",
        [
            "intercluster batch",
            "intercluster batch submit report/build runs.ndjson --key night-1 --watch",
            "intercluster batch results $id --follow > results.ndjson",
        ])
    {
        Subcommands.Add(new BatchSubmitCommand(host));
        Subcommands.Add(new BatchStatusCommand(host));
        Subcommands.Add(new BatchResultsCommand(host));
        Subcommands.Add(new BatchWatchCommand(host));
        Subcommands.Add(new BatchCancelCommand(host));
    }

    protected override async Task<int> RunAsync(CliSession session, CancellationToken ct)
    {
        ApiAnswer<BatchListView> page = await session.Api.GatewayAsync<BatchListView>(HttpMethod.Get, session.Path("batches"), ct);
        if (session.Console.IsJson)
        {
            session.Console.Json(page.Json);
        }
        else
        {
            session.Console.Result.Show(new TableView(
                BatchDetails.Columns, page.Value.Batches.Select(b => BatchDetails.Row(b, session.Now)), "No batches."));
        }

        return ExitCodes.Ok;
    }
}
