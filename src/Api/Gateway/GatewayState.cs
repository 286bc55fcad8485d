using InterCluster.Core.Health;

namespace InterCluster.Api.Gateway;

/// <summary>Whether the gateway takes calls.</summary>
internal sealed class GatewayState : IReadiness
{
    private volatile State _state = State.Starting;

    private enum State
    {
        Starting,
        Serving,
        Leaving,
        Draining,
    }

    /// <summary>True when new calls are refused.</summary>
    public bool IsDraining => _state == State.Draining;

    public string? NotReady => _state switch
    {
        State.Serving => null,
        State.Starting => "the gateway is starting",
        _ => "the gateway is draining",
    };

    public void Serve() => _state = State.Serving;

    /// <summary>Readiness goes off; calls are still taken.</summary>
    public void Leave() => _state = State.Leaving;

    /// <summary>New calls are refused.</summary>
    public void Drain() => _state = State.Draining;
}
