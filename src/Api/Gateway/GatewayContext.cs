using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace InterCluster.Api.Gateway;

/// <summary>One request's context, kept by the server for the next request of its connection, with what stays the same between them.</summary>
internal sealed class GatewayContext(IFeatureCollection features)
{
    private string? _remoteAddress;

    public DefaultHttpContext Http { get; } = new(features);

    /// <summary>The peer of the socket, as text: the same for every request of a connection.</summary>
    public string RemoteAddress => _remoteAddress ??= Http.Connection.RemoteIpAddress is { } ip
        ? (ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4() : ip).ToString()
        : "unknown";
}
