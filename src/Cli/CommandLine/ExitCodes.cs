using System.Net;

namespace InterCluster.Cli.CommandLine;

/// <summary>What the command tells the shell. Documented in docs/cli.md: never renumbered.</summary>
internal static class ExitCodes
{
    public const int Ok = 0;

    /// <summary>The call or the run failed, or the server refused.</summary>
    public const int Failed = 1;

    /// <summary>The command line, or a file that it names, is wrong.</summary>
    public const int Usage = 2;

    public const int Unreachable = 3;
    public const int Auth = 4;
    public const int NotFound = 5;
    public const int Timeout = 6;

    /// <summary>Ended by Ctrl-C: 128 + SIGINT, as shells have it.</summary>
    public const int Interrupted = 130;

    /// <summary>Nobody reads the output any more: 128 + SIGPIPE.</summary>
    public const int OutputClosed = 141;

    /// <summary>The exit code for a status of the gateway, the control API or the app itself.</summary>
    public static int ForStatus(HttpStatusCode status) => (int)status switch
    {
        < 400 => Ok,
        401 or 403 => Auth,
        404 => NotFound,
        408 or 504 => Timeout,
        _ => Failed,
    };
}
