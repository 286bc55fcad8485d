namespace InterCluster.Cli.Connection;

/// <summary>Which server, which project, as whom.</summary>
internal sealed record ConnectionSettings
{
    public required Uri ControlUrl { get; init; }

    public required Uri GatewayUrl { get; init; }

    public required string Project { get; init; }

    /// <summary>Null: calls go without a token, which is enough for an app that asks for none.</summary>
    public string? Token { get; init; }

    /// <summary>Where the token came from, for messages.</summary>
    public string TokenSource { get; init; } = "none";

    public required string DataFolder { get; init; }
}
