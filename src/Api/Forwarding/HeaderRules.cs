using System.Collections.Frozen;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace InterCluster.Api.Forwarding;

/// <summary>Which header fields cross the gateway.</summary>
internal static class HeaderRules
{
    private const string ShortPrefix = "X-IC-";

    // Hop-by-hop (RFC 9110, 7.6.1), what the gateway writes itself, and what only a trusted proxy may say.
    private static readonly FrozenSet<string> Dropped = new[]
    {
        HeaderNames.Connection, "Keep-Alive", HeaderNames.ProxyConnection, HeaderNames.ProxyAuthenticate, HeaderNames.ProxyAuthorization,
        HeaderNames.TE, HeaderNames.TransferEncoding, HeaderNames.Upgrade, "HTTP2-Settings", HeaderNames.Expect, HeaderNames.Host,
        HeaderNames.SecWebSocketExtensions, "X-Content-Length", WireHeaders.RequestId, "Forwarded", "X-Real-IP", "X-Original-URL",
        "X-Rewrite-URL", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix", "X-Forwarded-Port",
        "X-Forwarded-Server", WireHeaders.WebhookSecret,
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> DroppedBySpan = Dropped.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>True for a field of a request that the replica must not get from the client.</summary>
    public static bool IsDroppedFromRequest(string name) =>
        name[0] == ':' || Dropped.Contains(name) || IsReserved(name) || IsDisguised(name);

    /// <summary>True for a name that only the gateway may write.</summary>
    public static bool IsReserved(string name) =>
        (name.Length > ShortPrefix.Length && name.StartsWith(ShortPrefix, StringComparison.OrdinalIgnoreCase))
        || (name.Length > WireHeaders.Prefix.Length && name.StartsWith(WireHeaders.Prefix, StringComparison.OrdinalIgnoreCase));

    /// <summary>True when the client's <c>Connection</c> header names the field: it ends at this hop.</summary>
    public static bool IsNominated(StringValues connection, string name)
    {
        foreach (string? value in connection)
        {
            if (value is not null && value.Contains(name, StringComparison.OrdinalIgnoreCase)
                && value.Split(',', StringSplitOptions.TrimEntries).Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>True when <c>Connection</c> says no more than how long the connection lives.</summary>
    public static bool NominatesNothing(StringValues connection) =>
        connection.Count == 0
        || (connection.Count == 1 && (connection[0] is null
            || connection[0]!.Equals("keep-alive", StringComparison.OrdinalIgnoreCase)
            || connection[0]!.Equals("close", StringComparison.OrdinalIgnoreCase)
            || connection[0]!.Equals("upgrade", StringComparison.OrdinalIgnoreCase)));

    /// <summary>A copy of the end-to-end fields of a request, for a run that is stored.</summary>
    public static IEnumerable<KeyValuePair<string, StringValues>> EndToEnd(IHeaderDictionary headers, bool passAuthorization)
    {
        StringValues connection = headers.Connection;
        bool nominates = !NominatesNothing(connection);
        foreach (KeyValuePair<string, StringValues> header in headers)
        {
            bool drop = IsDroppedFromRequest(header.Key)
                || (!passAuthorization && header.Key.Equals(HeaderNames.Authorization, StringComparison.OrdinalIgnoreCase))
                || (nominates && IsNominated(connection, header.Key));
            if (!drop)
            {
                yield return header;
            }
        }
    }

    // Servers behind CGI-like interfaces read X_Forwarded_For as X-Forwarded-For.
    private static bool IsDisguised(string name)
    {
        if (!name.Contains('_') || name.Length > 64)
        {
            return false;
        }

        Span<char> plain = stackalloc char[name.Length];
        name.AsSpan().Replace(plain, '_', '-');
        return DroppedBySpan.Contains(plain)
            || plain.Equals(HeaderNames.ContentLength, StringComparison.OrdinalIgnoreCase)
            || plain.StartsWith(ShortPrefix, StringComparison.OrdinalIgnoreCase)
            || plain.StartsWith(WireHeaders.Prefix, StringComparison.OrdinalIgnoreCase);
    }
}
