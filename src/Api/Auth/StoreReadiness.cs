using InterCluster.Core.Health;

namespace InterCluster.Api.Auth;

/// <summary>Whether the last reading of the store succeeded.</summary>
internal sealed class StoreReadiness : IReadiness
{
    private volatile bool _reachable;

    public string? NotReady => _reachable ? null : "the store cannot be read";

    public void Reached() => _reachable = true;

    public void Failed() => _reachable = false;
}
