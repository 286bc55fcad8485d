using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Cli.Terminal;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Runs;

/// <summary><c>replay RUN…</c>.</summary>
internal sealed class ReplayCommand(CliHost host) : RunChangeCommand(
    host, "replay", "Run failed or dead runs again, with fresh attempts.",
    ["intercluster replay $id", "intercluster runs --state dead --all --json | jq -r .run_id | xargs intercluster replay"])
{
    protected override Task<ApiAnswer<RunChangeView>> ChangeAsync(CliSession session, string id, CancellationToken ct) =>
        session.Api.GatewayAsync<RunChangeView>(HttpMethod.Post, session.Path("runs", id, "replay"), ct);

    protected override string Done(RunChangeView change) => $"is queued again; it was {StateTones.Word(change.PreviousState)}.";

    protected override string NotDone(RunChangeView change) => $"is {StateTones.Word(change.PreviousState)}: only failed and dead runs can be replayed.";
}
