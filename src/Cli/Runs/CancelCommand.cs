using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Cli.Terminal;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Runs;

/// <summary><c>cancel RUN…</c>.</summary>
internal sealed class CancelCommand(CliHost host) : RunChangeCommand(
    host, "cancel", "Cancel runs: one that waits never starts, one that runs is aborted.",
    ["intercluster cancel $id", "intercluster runs --state queued --all --json | jq -r .run_id | xargs intercluster cancel"])
{
    protected override Task<ApiAnswer<RunChangeView>> ChangeAsync(CliSession session, string id, CancellationToken ct) =>
        session.Api.GatewayAsync<RunChangeView>(HttpMethod.Delete, session.Path("runs", id), ct);

    protected override string Done(RunChangeView change) => $"is cancelled; it was {StateTones.Word(change.PreviousState)}.";

    protected override string NotDone(RunChangeView change) => $"had ended before: {StateTones.Word(change.PreviousState)}.";
}
