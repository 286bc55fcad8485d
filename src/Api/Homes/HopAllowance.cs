using InterCluster.Api.Gateway;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Primitives;

namespace InterCluster.Api.Homes;

/// <summary>
/// What a hop adds to a request's head, on top of the limits that are published: the server reads that much more, so that a call that one gateway may take can be passed on to
/// another. Clients are held to the limits here.
/// </summary>
internal static class HopAllowance
{
    private const int HeaderBytes = 4096;
    private const int Headers = 16;
    private const int RequestLineBytes = 512;

    // Of a field: the colon and the line end; in HTTP/2 the server counts 32 (RFC 7541, 4.1). What a client may send must never count as more than that.
    private const int FieldOverhead = 3;
    private const int Http2FieldOverhead = 32;
    private const int RequestLineOverhead = 12;

    /// <summary>Lets the server read a call that is passed on.</summary>
    public static void AddTo(KestrelServerLimits limits)
    {
        limits.MaxRequestHeadersTotalSize += HeaderBytes;
        limits.MaxRequestHeaderCount += Headers;
        limits.MaxRequestLineSize += RequestLineBytes;
    }

    /// <summary>Null for a client's request that keeps to the published limits.</summary>
    public static BadRequest? Check(HttpContext http, GatewayOptions limits)
    {
        bool isHttp2 = HttpProtocol.IsHttp2(http.Request.Protocol);
        string target = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        int line = http.Request.Method.Length + target.Length + (isHttp2 ? http.Request.Host.Value!.Length + http.Request.Scheme.Length : RequestLineOverhead);
        if (line > limits.MaxRequestLineBytes)
        {
            return new BadRequest(StatusCodes.Status414UriTooLong, ProblemCodes.TooLarge, $"The request line is longer than {limits.MaxRequestLineBytes} bytes.");
        }

        int overhead = isHttp2 ? Http2FieldOverhead : FieldOverhead;
        (int bytes, int count) = (0, 0);
        foreach ((string name, StringValues values) in http.Request.Headers)
        {
            foreach (string? value in values)
            {
                bytes += name.Length + (value?.Length ?? 0) + overhead;
                count++;
            }
        }

        return bytes > limits.MaxRequestHeaderBytes || count > GatewayOptions.MaxRequestHeaders
            ? new BadRequest(
                StatusCodes.Status431RequestHeaderFieldsTooLarge, ProblemCodes.TooLarge,
                $"The headers are more than {limits.MaxRequestHeaderBytes} bytes, or more than {GatewayOptions.MaxRequestHeaders}.")
            : null;
    }
}
