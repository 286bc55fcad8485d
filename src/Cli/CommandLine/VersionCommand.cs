using System.Runtime.InteropServices;
using System.Text.Json;
using InterCluster.Cli.Terminal;

namespace InterCluster.Cli.CommandLine;

/// <summary><c>version</c>.</summary>
internal sealed class VersionCommand(CliHost host) : CliCommand(
    host, "version", "Show the version of this command.", ["intercluster version", "intercluster version --json"])
{
    protected override Task<int> RunAsync(CliSession session, CancellationToken ct)
    {
        string runtime = RuntimeInformation.FrameworkDescription;
        string system = RuntimeInformation.RuntimeIdentifier;
        if (session.Console.IsJson)
        {
            session.Console.Json(JsonSerializer.SerializeToElement(new { version = ProductVersion.Text, runtime, system }));
        }
        else
        {
            session.Console.Result.Line(new Cell($"intercluster {ProductVersion.Text} ({runtime}, {system})"));
        }

        return Task.FromResult(ExitCodes.Ok);
    }
}
