using InterCluster.Core.Replicas;
using Microsoft.AspNetCore.Http.Features;

namespace InterCluster.Api.WebSockets;

/// <summary>Hands the forwarder a tunnel in place of the client's raw stream.</summary>
internal sealed class TunnelUpgradeFeature(IHttpUpgradeFeature client, WebSocketTunnels tunnels, Replica replica, long maxMessageBytes) : IHttpUpgradeFeature
{
    private WebSocketTunnel? _tunnel;

    public bool IsUpgradableRequest => client.IsUpgradableRequest;

    public async Task<Stream> UpgradeAsync()
    {
        _tunnel = new WebSocketTunnel(await client.UpgradeAsync().ConfigureAwait(false), maxMessageBytes);
        tunnels.Add(_tunnel, replica);
        return _tunnel;
    }

    public void Close()
    {
        if (_tunnel is { } tunnel)
        {
            tunnels.Remove(tunnel);
        }
    }
}

/// <summary>For a request that asks to become anything but a WebSocket: it is an ordinary request.</summary>
internal sealed class NoUpgradeFeature : IHttpUpgradeFeature
{
    public static readonly NoUpgradeFeature Instance = new();

    public bool IsUpgradableRequest => false;

    public Task<Stream> UpgradeAsync() => throw new InvalidOperationException("This request cannot be upgraded.");
}
