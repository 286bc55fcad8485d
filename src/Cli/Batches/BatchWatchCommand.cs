using System.CommandLine;
using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Batches;

/// <summary><c>batch watch BATCH</c>.</summary>
internal sealed class BatchWatchCommand : CliCommand
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private readonly Argument<string> _id = new("BATCH") { Description = "The batch's id" };

    public BatchWatchCommand(CliHost host)
        : base(host, "watch", "Watch a batch until every run has ended. Exit 1 when one did not succeed.", ["intercluster batch watch $id"])
    {
        Arguments.Add(_id);
    }

    public static async Task<int> WatchAsync(CliSession session, string id, CancellationToken ct)
    {
        ApiAnswer<BatchView> done = await session.Console.Notes.WaitAsync($"batch {id}", report => PollAsync(session, id, report, ct));
        if (session.Console.IsJson)
        {
            session.Console.Json(done.Json);
        }
        else
        {
            session.Console.Result.Show(BatchDetails.Of(done.Value, session.Now));
        }

        return BatchDetails.Exit(done.Value);
    }

    protected override Task<int> RunAsync(CliSession session, CancellationToken ct) => WatchAsync(session, BatchDetails.Check(session.Get(_id)), ct);

    private static async Task<ApiAnswer<BatchView>> PollAsync(CliSession session, string id, Action<string> report, CancellationToken ct)
    {
        while (true)
        {
            ApiAnswer<BatchView> batch = await session.Api.GatewayAsync<BatchView>(HttpMethod.Get, session.Path("batches", id), ct);
            report(BatchDetails.Progress(batch.Value));
            if (batch.Value.Done)
            {
                return batch;
            }

            await Task.Delay(Period, session.Time, ct);
        }
    }
}
