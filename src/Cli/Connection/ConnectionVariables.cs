namespace InterCluster.Cli.Connection;

/// <summary>The environment variables that say where and as whom.</summary>
internal static class ConnectionVariables
{
    public const string ControlUrl = "INTERCLUSTER_CONTROL_URL";

    /// <summary>The same variable that an app gets: a call made from inside a replica needs no other setting.</summary>
    public const string GatewayUrl = "INTERCLUSTER_URL";

    public const string Project = "INTERCLUSTER_PROJECT";
    public const string Token = "INTERCLUSTER_TOKEN";
    public const string TokenFile = "INTERCLUSTER_TOKEN_FILE";
    public const string DataFolder = "INTERCLUSTER_DATA";
}
