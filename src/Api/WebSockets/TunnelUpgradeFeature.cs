using InterCluster.Core.Replicas;
using Microsoft.AspNetCore.Http.Features;

namespace InterCluster.Api.WebSockets;

/// <summary>Hands the forwarder a tunnel in place of the client's raw stream.</summary>
internal sealed class TunnelUpgradeFeature(IHttpUpgradeFeature client, WebSocketTunnels tunnels, Replica replica, long maxMessageBytes)
    : IHttpUpgradeFeature, IDisposable
{
    // Clients of a replica that drains come back spread over this time, not in one wave.
    private static readonly TimeSpan Spread = TimeSpan.FromSeconds(2);
    private WebSocketTunnel? _tunnel;
    private CancellationTokenRegistration _drain;

    /// <summary>The server's own feature.</summary>
    public IHttpUpgradeFeature Client => client;

    public bool IsUpgradableRequest => client.IsUpgradableRequest;

    public async Task<Stream> UpgradeAsync()
    {
        _tunnel = new WebSocketTunnel(await client.UpgradeAsync().ConfigureAwait(false), maxMessageBytes);
        tunnels.Add(_tunnel, replica);
        _drain = replica.Draining.UnsafeRegister(static tunnel => ((TunnelUpgradeFeature)tunnel!).LeaveReplica(), this);
        return _tunnel;
    }

    /// <summary>The tunnel has ended. Its stream is the forwarder's to dispose.</summary>
    public void Dispose()
    {
        _drain.Unregister();
        if (_tunnel is not null)
        {
            tunnels.Remove(_tunnel);
        }
    }

    private void LeaveReplica() => _ = tunnels.CloseForReplicaAsync(_tunnel!, Spread);
}

/// <summary>For a request that asks to become anything but a WebSocket: it is an ordinary request.</summary>
internal sealed class NoUpgradeFeature : IHttpUpgradeFeature
{
    public static readonly NoUpgradeFeature Instance = new();

    public bool IsUpgradableRequest => false;

    public Task<Stream> UpgradeAsync() => throw new InvalidOperationException("This request cannot be upgraded.");
}
