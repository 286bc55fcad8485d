using System.CommandLine;
using System.Text.Json;
using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Cli.Terminal;

namespace InterCluster.Cli.Keys;

/// <summary><c>keys revoke KEY</c>.</summary>
internal sealed class KeyRevokeCommand : CliCommand
{
    private readonly Argument<string> _key = new("KEY") { Description = "The key's id" };

    public KeyRevokeCommand(CliHost host)
        : base(host, "revoke", "Revoke a key: its token is refused everywhere within ten seconds.", ["intercluster keys revoke KEY"])
    {
        Arguments.Add(_key);
    }

    protected override async Task<int> RunAsync(CliSession session, CancellationToken ct)
    {
        string id = session.Get(_key);
        ApiAnswer<JsonElement> answer =
            await session.Api.ControlAsync<JsonElement>(HttpMethod.Delete, session.Path("keys", id), ct);
        if (session.Console.IsJson)
        {
            session.Console.Json(answer.Json);
        }
        else
        {
            session.Console.Result.Line(new Cell($"Key {id} is revoked.", Tone.Good));
        }

        return ExitCodes.Ok;
    }
}
