using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Cli.Terminal;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Keys;

/// <summary><c>keys list</c>.</summary>
internal sealed class KeyListCommand(CliHost host) : CliCommand(
    host, "list", "List the keys, newest first; revoked and ended ones too.", ["intercluster keys list", "intercluster keys list --json"])
{
    public static async Task<int> ListAsync(CliSession session, CancellationToken ct)
    {
        ApiAnswer<KeyListView> keys = await session.Api.ControlAsync<KeyListView>(HttpMethod.Get, session.Path("keys"), ct);
        if (session.Console.IsJson)
        {
            session.Console.Json(keys.Json);
        }
        else
        {
            session.Console.Result.Show(new TableView(
                ["KEY", "NAME", "STATE", "?SCOPES", "?ISSUED", "ENDS"],
                keys.Value.Keys.Select(k => Row(k, session.Now)),
                $"No keys in {session.Connection.Project}. `intercluster keys issue NAME` makes one."));
        }

        return ExitCodes.Ok;
    }

    protected override Task<int> RunAsync(CliSession session, CancellationToken ct) => ListAsync(session, ct);

    private static Cell[] Row(KeyView key, DateTimeOffset now) =>
    [
        new Cell(key.Id, Tone.Strong),
        key.Name,
        new Cell(key.State, key.RevokedAt is not null ? Tone.Bad : key.ExpiresAt <= now ? Tone.Dim : Tone.Good),
        string.Join(',', key.Scopes),
        Cell.Time(key.IssuedAt, now),
        Cell.Time(key.ExpiresAt, now),
    ];
}
