using System.Buffers;
using System.Collections.Frozen;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace InterCluster.Api.Gateway;

/// <summary>Why a request is refused before anything looks at what it asks for.</summary>
internal readonly record struct BadRequest(int Status, string Code, string Detail);

/// <summary>
/// What the server itself lets through and a gateway must not: two servers in a row that read a request differently are how requests are
/// smuggled (RELIABILITY B.6, B.8).
/// </summary>
internal static class RequestGuard
{
    public const string Allow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

    private static readonly FrozenSet<string> Methods =
        new[] { HttpMethods.Get, HttpMethods.Head, HttpMethods.Post, HttpMethods.Put, HttpMethods.Patch, HttpMethods.Delete, HttpMethods.Options }
            .ToFrozenSet(StringComparer.Ordinal);

    private static readonly SearchValues<char> TokenChars =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    /// <summary>Null for a request that may go on.</summary>
    public static BadRequest? Check(HttpContext context, long maxBody)
    {
        HttpRequest request = context.Request;
        IHeaderDictionary headers = request.Headers;
        bool extendedConnect = HttpMethods.IsConnect(request.Method) && context.WebSockets.IsWebSocketRequest;
        if (!Methods.Contains(request.Method) && !extendedConnect)
        {
            return new BadRequest(StatusCodes.Status405MethodNotAllowed, ProblemCodes.MethodNotAllowed, $"The method is not one of {Allow}.");
        }

        // Our own endpoints have limits of their own; what an app gets under such a path is bounded by the server's as it is read.
        if (headers.ContentLength > maxBody && !request.Path.StartsWithSegments("/api", StringComparison.Ordinal))
        {
            return new BadRequest(StatusCodes.Status413PayloadTooLarge, ProblemCodes.TooLarge, $"The body is larger than {maxBody} bytes.");
        }

        // HTTP/1.1's own parser has judged the names already.
        return (HttpProtocol.IsHttp2(request.Protocol) ? CheckHttp2(headers) : CheckFraming(request, headers)) ?? CheckExpect(headers) ?? CheckSingletons(headers);
    }

    private static BadRequest? CheckFraming(HttpRequest request, IHeaderDictionary headers)
    {
        StringValues coding = headers.TransferEncoding;
        if (coding.Count > 0)
        {
            // The server drops a Content-Length beside Transfer-Encoding and keeps its value under this name.
            if (headers.ContainsKey("X-Content-Length") || headers.ContentLength is not null)
            {
                return Malformed("Content-Length and Transfer-Encoding together.");
            }

            if (coding.Count > 1 || !string.Equals(coding[0], "chunked", StringComparison.OrdinalIgnoreCase))
            {
                return Malformed("The only transfer coding is chunked, once.");
            }

            // HTTP/1.0 knows no transfer codings: who sends one has been read differently before us (RFC 9112, 6.1).
            if (HttpProtocol.IsHttp10(request.Protocol))
            {
                return Malformed("Transfer-Encoding in HTTP/1.0.");
            }
        }

        return null;
    }

    // Frames carry any bytes as a name, and fields that only HTTP/1.1 has would mean something again on the way down (RFC 9113, 8.2).
    private static BadRequest? CheckHttp2(IHeaderDictionary headers)
    {
        if (headers.TransferEncoding.Count > 0 || headers.Upgrade.Count > 0 || headers.KeepAlive.Count > 0 || headers.ContainsKey(HeaderNames.ProxyConnection))
        {
            return Malformed("A field that is specific to a connection, in HTTP/2.");
        }

        foreach (KeyValuePair<string, StringValues> header in headers)
        {
            if (header.Key[0] != ':' && header.Key.AsSpan().ContainsAnyExcept(TokenChars))
            {
                return Malformed("A field name that is none.");
            }
        }

        return null;
    }

    private static BadRequest? CheckExpect(IHeaderDictionary headers)
    {
        StringValues expect = headers.Expect;
        return expect.Count > 0 && (expect.Count > 1 || !string.Equals(expect[0], "100-continue", StringComparison.OrdinalIgnoreCase))
            ? new BadRequest(StatusCodes.Status417ExpectationFailed, ProblemCodes.InvalidRequest, "The only expectation is 100-continue.")
            : null;
    }

    private static BadRequest? CheckSingletons(IHeaderDictionary headers) =>
        headers.Authorization.Count > 1 ? Malformed("More than one Authorization header.") : null;

    private static BadRequest Malformed(string detail) => new(StatusCodes.Status400BadRequest, ProblemCodes.InvalidRequest, detail);
}
