using InterCluster.Cli.CommandLine;
using InterCluster.Core.Naming;

namespace InterCluster.Cli.Runs;

/// <summary>Run ids as they are typed.</summary>
internal static class RunIds
{
    /// <summary>The canonical form; anything else is a mistake in the command line, found without asking the server.</summary>
    public static string Check(string text) =>
        RunId.TryParse(text.Trim(), out RunId id)
            ? id.ToString()
            : throw CliException.Usage($"'{text}' is not a run's id.", "It looks like 0198c0de-0000-7000-8000-000000000000; `intercluster runs` lists them.");
}
