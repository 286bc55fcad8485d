using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace InterCluster.Api.Gateway;

/// <summary>One request's context, kept by the server for the next request of its connection, with what stays the same between them.</summary>
internal sealed class GatewayContext(IFeatureCollection features)
{
    private IPAddress? _remote;
    private string? _remoteAddress;

    public DefaultHttpContext Http { get; } = new(features);

    /// <summary>The client's address as text, made anew only when it is another than that of the request before: the peer of the socket, or who a trusted proxy says.</summary>
    public string RemoteAddress
    {
        get
        {
            IPAddress? now = Http.Connection.RemoteIpAddress;
            if (_remoteAddress is null || !ReferenceEquals(now, _remote))
            {
                (_remote, _remoteAddress) = (now, now is null ? "unknown" : (now.IsIPv4MappedToIPv6 ? now.MapToIPv4() : now).ToString());
            }

            return _remoteAddress;
        }
    }
}
