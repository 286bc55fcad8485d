using System.CommandLine;
using InterCluster.Cli.Connection;
using InterCluster.Cli.Terminal;

namespace InterCluster.Cli.CommandLine;

/// <summary>A verb. The base does what all share: the session, the one catch, the exit code, the examples of the help.</summary>
internal abstract class CliCommand : Command
{
    protected CliCommand(CliHost host, string name, string description, IReadOnlyList<string> examples)
        : base(name, description)
    {
        Examples = examples;
        SetAction((parse, ct) => GuardAsync(parse, host, ct));
    }

    public IReadOnlyList<string> Examples { get; }

    protected abstract Task<int> RunAsync(CliSession session, CancellationToken ct);

    private async Task<int> GuardAsync(ParseResult parse, CliHost host, CancellationToken ct)
    {
        var console = new CliConsole(host, parse.GetValue(ConnectionOptions.Json));
        using var session = new CliSession(parse, host, console);
        try
        {
            return await RunAsync(session, ct);
        }
        catch (CliException e)
        {
            FailureReport.Show(console, e);
            return e.ExitCode;
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return ExitCodes.Interrupted;
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            FailureReport.Show(console, new CliException(ExitCodes.Failed, $"The connection broke: {e.Message}", e));
            return ExitCodes.Failed;
        }
    }
}
