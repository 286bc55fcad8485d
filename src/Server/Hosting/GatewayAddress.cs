namespace InterCluster.Server.Hosting;

/// <summary>Tells the features that hand out the gateway's address where it listens, unless a setting says how callers know it.</summary>
internal static class GatewayAddress
{
    private const string Listen = "InterCluster:Gateway:Listen";
    private static readonly string[] Settings = ["InterCluster:Replicas:GatewayUrl", "InterCluster:Control:GatewayUrl"];

    public static void Add(ConfigurationManager configuration)
    {
        if (configuration.GetSection(Listen).GetChildren().FirstOrDefault()?.Value is not { } first)
        {
            return;
        }

        string address = FromHere(first);
        configuration.AddInMemoryCollection(Settings.Where(key => configuration[key] is null).Select(key => KeyValuePair.Create(key, (string?)address)).ToArray());
    }

    /// <summary>An address of every interface is reached, from this machine, by the loopback.</summary>
    private static string FromHere(string address) => address
        .Replace("://*", "://127.0.0.1", StringComparison.Ordinal)
        .Replace("://0.0.0.0", "://127.0.0.1", StringComparison.Ordinal)
        .Replace("://[::]", "://[::1]", StringComparison.Ordinal);
}
