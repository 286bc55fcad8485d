using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace InterCluster.Api.WebSockets;

/// <summary>The opening handshake (RFC 6455, section 4), checked at both ends: no raw tunnel is made for anything that only looks like it.</summary>
internal static class WebSocketHandshake
{
    private const string Magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    /// <summary>True for a request that asks to become a WebSocket over HTTP/1.1.</summary>
    public static bool IsAsked(HttpRequest request) =>
        request.Headers.Upgrade.Count > 0 && string.Equals(request.Headers.Upgrade[0], "websocket", StringComparison.OrdinalIgnoreCase);

    /// <summary>True when the request's handshake is sound: GET, version 13, a key of 16 bytes, no body.</summary>
    public static bool IsSound(HttpRequest request)
    {
        StringValues key = request.Headers.SecWebSocketKey;
        Span<byte> nonce = stackalloc byte[18];
        return HttpMethods.IsGet(request.Method)
            && request.Headers.SecWebSocketVersion == "13"
            && request.ContentLength is null or 0 && request.Headers.TransferEncoding.Count == 0
            && key is [{ Length: 24 } text] && Convert.TryFromBase64String(text, nonce, out int length) && length == 16;
    }

    /// <summary>True when the replica has become a WebSocket and has accepted the key that the client sent.</summary>
    public static bool IsAccepted(StringValues key, HttpResponseMessage response)
    {
        if (!response.Headers.NonValidated.TryGetValues("Sec-WebSocket-Accept", out System.Net.Http.Headers.HeaderStringValues accept)
            || !response.Headers.NonValidated.TryGetValues("Upgrade", out System.Net.Http.Headers.HeaderStringValues protocol)
            || !protocol.ToString().Equals("websocket", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

#pragma warning disable CA5350 // The protocol's own hash: it proves that the other end speaks WebSocket, and protects nothing.
        byte[] expected = SHA1.HashData(Encoding.ASCII.GetBytes(key + Magic));
#pragma warning restore CA5350
        return accept.ToString() == Convert.ToBase64String(expected);
    }
}
