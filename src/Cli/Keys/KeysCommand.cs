using InterCluster.Cli.CommandLine;

namespace InterCluster.Cli.Keys;

/// <summary><c>keys</c>: by itself the list.</summary>
internal sealed class KeysCommand : CliCommand
{
    public KeysCommand(CliHost host)
        : base(host, "keys", "Issue, list, rotate and revoke the keys of the project.",
        [
            "intercluster keys",
            "intercluster keys issue ci --days 30",
            "intercluster keys rotate KEY && intercluster keys revoke KEY",
        ])
    {
        Subcommands.Add(new KeyListCommand(host));
        Subcommands.Add(new KeyIssueCommand(host));
        Subcommands.Add(new KeyRotateCommand(host));
        Subcommands.Add(new KeyRevokeCommand(host));
    }

    protected override Task<int> RunAsync(CliSession session, CancellationToken ct) => KeyListCommand.ListAsync(session, ct);
}
