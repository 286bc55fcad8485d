using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace InterCluster.Cli.CommandLine;

/// <summary>The usual help, then examples that can be pasted.</summary>
internal sealed class ExamplesHelpAction(HelpAction usual) : SynchronousCommandLineAction
{
    private static readonly string[] First =
    [
        "intercluster serve                                     # a server on this machine",
        "intercluster deploy ./my-app --wait                    # an app from its intercluster.toml",
        "intercluster call my-app/hello --data '{\"a\":1}'       # now",
        "intercluster submit my-app/report --wait               # later, kept until it is done",
    ];

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        int exit = usual.Invoke(parseResult);
        IReadOnlyList<string> examples = parseResult.CommandResult.Command is CliCommand command ? command.Examples : First;
        TextWriter output = parseResult.InvocationConfiguration.Output;
        output.WriteLine("Examples:");
        foreach (string example in examples)
        {
            output.WriteLine($"  {example}");
        }

        output.WriteLine();
        return exit;
    }
}
