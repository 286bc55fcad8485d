using System.Text.Json;

namespace InterCluster.Cli.CommandLine;

/// <summary>Ends a command: what failed, why, what to do, and the exit code. Caught in one place (<see cref="CliCommand"/>).</summary>
internal sealed class CliException(int exitCode, string message, Exception? inner = null) : Exception(message, inner)
{
    public int ExitCode { get; } = exitCode;

    /// <summary>The stable code of the server's answer.</summary>
    public string? Code { get; init; }

    /// <summary>The run or call that the answer was for.</summary>
    public string? RunId { get; init; }

    /// <summary>What to do about it.</summary>
    public string? Advice { get; init; }

    /// <summary>Every mistake, when there is more than one.</summary>
    public IReadOnlyList<string> Mistakes { get; init; } = [];

    /// <summary>The server's own words, for <c>--json</c>.</summary>
    public JsonElement? Problem { get; init; }

    public static CliException Usage(string message, string? advice = null) => new(ExitCodes.Usage, message) { Advice = advice };
}
