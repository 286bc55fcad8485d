using InterCluster.Core.Replicas;
using Microsoft.AspNetCore.Http.Features;

namespace InterCluster.Api.WebSockets;

/// <summary>Hands the forwarder a tunnel in place of the client's raw stream.</summary>
internal sealed class TunnelUpgradeFeature(IHttpUpgradeFeature client, WebSocketTunnels tunnels, Replica replica, long maxMessageBytes)
    : IHttpUpgradeFeature, IDisposable
{
    private WebSocketTunnel? _tunnel;

    /// <summary>The server's own feature.</summary>
    public IHttpUpgradeFeature Client => client;

    public bool IsUpgradableRequest => client.IsUpgradableRequest;

    public async Task<Stream> UpgradeAsync()
    {
        _tunnel = new WebSocketTunnel(await client.UpgradeAsync().ConfigureAwait(false), maxMessageBytes);
        tunnels.Add(_tunnel, replica);
        return _tunnel;
    }

    /// <summary>The tunnel has ended. Its stream is the forwarder's to dispose.</summary>
    public void Dispose()
    {
        if (_tunnel is not null)
        {
            tunnels.Remove(_tunnel);
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
