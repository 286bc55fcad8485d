using InterCluster.Core.Identity;

namespace InterCluster.Api.Auth;

/// <summary>Who may call an endpoint: metadata that every endpoint of ours must carry.</summary>
internal sealed record AccessPolicy
{
    private AccessPolicy()
    {
    }

    public static AccessPolicy Anyone { get; } = new() { IsOpen = true };

    public static AccessPolicy ServerAdmin { get; } = new() { NeedsServerAdmin = true };

    /// <summary>Open to everyone, without a token.</summary>
    public bool IsOpen { get; private init; }

    /// <summary>Only for the holder of the admin key.</summary>
    public bool NeedsServerAdmin { get; private init; }

    /// <summary>What a token of the path's project must allow.</summary>
    public Scopes Scopes { get; private init; }

    public static AccessPolicy Project(Scopes scopes) => new() { Scopes = scopes };
}
