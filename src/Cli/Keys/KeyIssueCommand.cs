using System.CommandLine;
using InterCluster.Cli.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Keys;

/// <summary><c>keys issue NAME</c>.</summary>
internal sealed class KeyIssueCommand : CliCommand
{
    private readonly Argument<string> _name = new("NAME") { Description = "A name for people: whose key it is" };
    private readonly Option<int?> _days = new("--days") { Description = "Days until it ends, 1 to 400 [default: 90]", HelpName = "N" };

    private readonly Option<string[]> _scopes = new("--scope", "-s")
    {
        Description = "invoke, read, runs or admin; can be given again [default: invoke, read and runs]",
        HelpName = "SCOPE",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<bool> _save = new("--save") { Description = "Keep the token in the data folder: later commands here use it" };

    public KeyIssueCommand(CliHost host)
        : base(host, "issue", "Issue a key and print its token, once.",
        [
            "intercluster keys issue ci --days 30",
            "intercluster keys issue deploy-bot --scope admin",
            "export INTERCLUSTER_TOKEN=$(intercluster keys issue me)",
            "intercluster keys issue me --save",
        ])
    {
        Arguments.Add(_name);
        _scopes.AcceptOnlyFromAmong("invoke", "read", "runs", "admin");
        Options.Add(_days);
        Options.Add(_scopes);
        Options.Add(_save);
    }

    protected override async Task<int> RunAsync(CliSession session, CancellationToken ct)
    {
        string[] scopes = session.Get(_scopes) ?? [];
        var request = new IssueKeyRequest
        {
            Name = session.Get(_name), LifetimeDays = session.Get(_days), Scopes = scopes.Length > 0 ? scopes : null,
        };
        using HttpContent body = ApiClient.Body(request);
        await KeyIssuing.IssueAsync(session, session.Path("keys"), body, session.Get(_save), ct);
        return ExitCodes.Ok;
    }
}
