using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Cli.Terminal;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Runs;

/// <summary><c>cancel RUN…</c>.</summary>
internal sealed class CancelCommand(CliHost host) : RunChangeCommand(
    host, "cancel", "Cancel runs: one that waits never starts, one that runs is aborted.",
    ["intercluster cancel $id", "intercluster cancel --function count --dry-run", "intercluster cancel --tag nightly --yes"])
{
    protected override Task<ApiAnswer<RunChangeView>> ChangeAsync(CliSession session, string id, CancellationToken ct) =>
        session.Api.GatewayAsync<RunChangeView>(HttpMethod.Delete, session.Path("runs", id), ct);

    protected override Task<int> ChangeManyAsync(ManyRuns many, CliSession session, CancellationToken ct) =>
        many.RunAsync(session, HttpMethod.Delete, "Cancel", "are cancelled", ["runs"], ct);

    protected override string Done(RunChangeView change) => $"is cancelled; it was {StateTones.Word(change.PreviousState)}.";

    protected override string NotDone(RunChangeView change) => $"had ended before: {StateTones.Word(change.PreviousState)}.";
}
