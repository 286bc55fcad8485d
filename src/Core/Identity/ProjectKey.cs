namespace InterCluster.Core.Identity;

/// <summary>What a token may do in its project.</summary>
[Flags]
public enum Scopes
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Call apps and submit runs (<c>invoke</c>).</summary>
    Invoke = 1,

    /// <summary>Read runs, results, logs and the request log (<c>read</c>).</summary>
    Read = 2,

    /// <summary>Cancel and replay runs (<c>runs</c>).</summary>
    Runs = 4,

    /// <summary>Deploy and delete apps, issue and revoke keys (<c>admin</c>). Includes all the others.</summary>
    Admin = 8 | Invoke | Read | Runs,
}

/// <summary>A key of a project. Only the public half is kept: the token that was signed with the other half is shown once.</summary>
public sealed record ProjectKey
{
    /// <summary>The key's id, <c>kid</c> in the token; unique within the project.</summary>
    public required string Id { get; init; }

    /// <summary>The project.</summary>
    public required string Project { get; init; }

    /// <summary>A name for people.</summary>
    public required string Name { get; init; }

    /// <summary>What its tokens may do.</summary>
    public required Scopes Scopes { get; init; }

    /// <summary>The public key: X.509 SubjectPublicKeyInfo, DER; an EC key on P-256.</summary>
    public required ReadOnlyMemory<byte> PublicKey { get; init; }

    /// <summary>When it was issued.</summary>
    public required DateTimeOffset IssuedAt { get; init; }

    /// <summary>When its token ends.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When it was revoked; null while valid.</summary>
    public DateTimeOffset? RevokedAt { get; init; }
}
