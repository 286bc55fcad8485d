namespace InterCluster.Core.Webhooks;

/// <summary>How long a delivery is tried.</summary>
public enum WebhookRetries : byte
{
    /// <summary>Three attempts within seconds; only what never reached a receiver, and 404, is tried again. The default.</summary>
    Quick = 0,

    /// <summary>Eight attempts over about a day; whatever the receiver does not accept is tried again.</summary>
    Lasting = 1,
}

/// <summary>Where the answer of a run is delivered. Its secret is never shown again: not by an endpoint, not in a log, not by <see cref="ToString"/>.</summary>
public sealed class WebhookTarget
{
    /// <summary>The URL that is posted to.</summary>
    public required string Url { get; init; }

    /// <summary>What is one receiver, so that a slow one holds up no other: host and port.</summary>
    public required string Authority { get; init; }

    /// <summary>What signs the deliveries, sealed (<see cref="WebhookSecrets"/>); null: they are not signed.</summary>
    public string? Secret { get; init; }

    /// <summary>How long a delivery is tried.</summary>
    public WebhookRetries Retries { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"webhook to {Authority}";
}
