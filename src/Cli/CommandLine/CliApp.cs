using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using InterCluster.Cli.Apps;
using InterCluster.Cli.Batches;
using InterCluster.Cli.Calls;
using InterCluster.Cli.Connection;
using InterCluster.Cli.Keys;
using InterCluster.Cli.Requests;
using InterCluster.Cli.Runs;
using InterCluster.Cli.Serving;
using InterCluster.Cli.Schedules;
using InterCluster.Cli.Terminal;
using InterCluster.Cli.Webhooks;

namespace InterCluster.Cli.CommandLine;

/// <summary>The whole command line: parses, invokes one verb, answers with an exit code.</summary>
internal static class CliApp
{
    public const string Program = "intercluster";

    public static async Task<int> RunAsync(string[] args, CliHost host, CancellationToken ct = default)
    {
        try
        {
            return await ParseAndRunAsync(args, host, ct);
        }
        catch (OutputClosedException)
        {
            return ExitCodes.OutputClosed;
        }
    }

    public static RootCommand Build(CliHost host)
    {
        var root = new RootCommand("Runs, deploys and calls apps through an InterCluster gateway.")
        {
            new ServeCommand(host),
            new HealthCommand(host),
            new DeployCommand(host),
            new AppsCommand(host),
            new AppCommand(host),
            new LogsCommand(host),
            new DeleteCommand(host),
            new CallCommand(host),
            new WsCommand(host),
            new SubmitCommand(host),
            new RunsCommand(host),
            new RunCommand(host),
            new BatchCommand(host),
            new CancelCommand(host),
            new ReplayCommand(host),
            new WebhooksCommand(host),
            new SchedulesCommand(host),
            new KeysCommand(host),
            new RequestsCommand(host),
            new CompletionCommand(host),
            new VersionCommand(host),
        };
        ConnectionOptions.AddTo(root);
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        help.Action = new ExamplesHelpAction((HelpAction)help.Action!);
        return root;
    }

    /// <summary>The full name of a command, as it is typed.</summary>
    public static string Name(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent and not RootCommand
            ? $"{Name(parent)} {command.Name}"
            : command is RootCommand ? Program : $"{Program} {command.Name}";

    private static async Task<int> ParseAndRunAsync(string[] args, CliHost host, CancellationToken ct)
    {
        ParseResult parse = Build(host).Parse(args);
        if (parse.Action is ParseErrorAction errors)
        {
            // Both go to standard error: the other stream may be read as data.
            errors.ShowHelp = false;
            await parse.InvokeAsync(new InvocationConfiguration { Output = host.Error, Error = host.Error }, ct);
            host.Error.WriteLine($"`{Name(parse.CommandResult.Command)} --help` shows how it is used.");
            return ExitCodes.Usage;
        }

        return await parse.InvokeAsync(Configuration(parse, host), ct);
    }

    private static InvocationConfiguration Configuration(ParseResult parse, CliHost host) => new()
    {
        Output = host.Out,
        Error = host.Error,
        // What no verb expects is a mistake of ours, and is shown whole.
        EnableDefaultExceptionHandler = false,
        // The server stops by its own rules, which may take longer than a verb that only waits.
        ProcessTerminationTimeout = parse.CommandResult.Command is ServeCommand ? null : TimeSpan.FromSeconds(2),
    };
}
