using System.CommandLine;
using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Cli.Terminal;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Keys;

/// <summary><c>keys rotate KEY</c>: a second key beside the first, so that its users can change over without a failed call.</summary>
internal sealed class KeyRotateCommand : CliCommand
{
    private readonly Argument<string> _key = new("KEY") { Description = "The id of the key that is to be replaced" };
    private readonly Option<int?> _days = new("--days") { Description = "Days until the new key ends [default: as many as the old one had]", HelpName = "N" };
    private readonly Option<bool> _save = new("--save") { Description = "Keep the new token in the data folder" };

    public KeyRotateCommand(CliHost host)
        : base(host, "rotate", "Issue a key with the name and scopes of an old one. Both are valid until the old one is revoked.",
            ["intercluster keys rotate KEY", "intercluster keys rotate KEY --days 30 && intercluster keys revoke KEY"])
    {
        Arguments.Add(_key);
        Options.Add(_days);
        Options.Add(_save);
    }

    protected override async Task<int> RunAsync(CliSession session, CancellationToken ct)
    {
        string id = session.Get(_key);
        using HttpContent body = ApiClient.Body(new RotateKeyRequest { LifetimeDays = session.Get(_days) });
        await KeyIssuing.IssueAsync(session, session.Path("keys", id, "rotate"), body, session.Get(_save), ct);
        session.Console.Notes.Line(new Cell($"The old key is still valid. When nobody uses it any more: intercluster keys revoke {id}", Tone.Dim));
        return ExitCodes.Ok;
    }
}
