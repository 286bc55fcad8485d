namespace InterCluster.Cli.Connection;

/// <summary>Where the command looks when it is told nothing. Documented in docs/cli.md.</summary>
internal static class Defaults
{
    public const string ControlUrl = "http://127.0.0.1:8081";
    public const string GatewayUrl = "http://127.0.0.1:8080";

    /// <summary>The project of a server that has only one.</summary>
    public const string Project = "p-local";

    /// <summary>The server's data folder, in the current directory.</summary>
    public const string DataFolder = ".intercluster";

    public const string AdminKeyFile = "admin-key";
}
