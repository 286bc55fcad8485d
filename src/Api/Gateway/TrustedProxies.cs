using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace InterCluster.Api.Gateway;

/// <summary>
/// The proxies in front whose word counts: who the client is, and how it came. A field that comes from anybody else says nothing, and one of a listed proxy only as
/// far as the proxies before it are listed too (RELIABILITY H01, H02).
/// </summary>
internal sealed class TrustedProxies
{
    private const string For = "X-Forwarded-For";
    private const string Proto = "X-Forwarded-Proto";
    private readonly IPNetwork[] _networks;

    private TrustedProxies(IPNetwork[] networks) => _networks = networks;

    /// <summary>Null when none is listed: then nothing is looked at.</summary>
    public static TrustedProxies? From(IReadOnlyList<string> entries) =>
        entries.Count == 0 ? null : new TrustedProxies([.. entries.Select(e => TryParse(e, out IPNetwork network) ? network : throw new FormatException(e))]);

    public static bool TryParse(string entry, out IPNetwork network)
    {
        if (IPNetwork.TryParse(entry, out network))
        {
            return true;
        }

        bool address = IPAddress.TryParse(entry, out IPAddress? ip);
        network = address ? new IPNetwork(Plain(ip!), Plain(ip!).GetAddressBytes().Length * 8) : default;
        return address;
    }

    /// <summary>Puts the client's address and scheme in place of the proxy's, where the proxy may say so.</summary>
    public void Apply(HttpContext http)
    {
        if (http.Connection.RemoteIpAddress is not { } peer || !IsTrusted(peer))
        {
            return;
        }

        IHeaderDictionary headers = http.Request.Headers;
        if (headers.TryGetValue(For, out StringValues hops))
        {
            http.Connection.RemoteIpAddress = ClientOf(peer, hops);
        }

        // The nearest proxy wrote the last one.
        if (headers.TryGetValue(Proto, out StringValues schemes) && Last(schemes) is "http" or "https")
        {
            http.Request.Scheme = Last(schemes);
        }
    }

    // From the nearest hop back: the first one that is not listed is the client, and what it says of others is hearsay.
    private IPAddress ClientOf(IPAddress peer, StringValues hops)
    {
        IPAddress client = peer;
        string[] chain = string.Join(',', hops.ToArray()).Split(',', StringSplitOptions.TrimEntries);
        for (int i = chain.Length - 1; i >= 0 && IsTrusted(client) && IPEndPoint.TryParse(chain[i], out IPEndPoint? hop); i--)
        {
            client = hop.Address;
        }

        return client;
    }

    private bool IsTrusted(IPAddress address) => Array.Exists(_networks, n => n.Contains(Plain(address)));

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static string Last(StringValues values)
    {
        string last = values[^1] ?? "";
        return last[(last.LastIndexOf(',') + 1)..].Trim();
    }
}
