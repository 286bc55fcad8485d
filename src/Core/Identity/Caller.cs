namespace InterCluster.Core.Identity;

/// <summary>Who makes a call: the holder of a verified token, or of the admin key. Immutable and shared between calls.</summary>
public sealed record Caller
{
    /// <summary>The token's project; empty for the server's admin.</summary>
    public required string Project { get; init; }

    /// <summary>The key's id; <c>admin</c> for the server's admin.</summary>
    public required string KeyId { get; init; }

    /// <summary>The key's name, or <c>app:&lt;name&gt;</c> for the token of an app. What the replica sees in <c>X-InterCluster-Caller</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What it may do in its project.</summary>
    public required Scopes Scopes { get; init; }

    /// <summary>True for the holder of the admin key: every project.</summary>
    public bool IsServerAdmin { get; init; }

    /// <summary>True when it may do <paramref name="scopes"/> in <paramref name="project"/>.</summary>
    public bool May(Scopes scopes, string project) =>
        IsServerAdmin || (string.Equals(Project, project, StringComparison.Ordinal) && (Scopes & scopes) == scopes);
}
