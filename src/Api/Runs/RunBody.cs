using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace InterCluster.Api.Runs;

/// <summary>Reads the body of an async call, up to a limit.</summary>
internal static class RunBody
{
    private const int Chunk = 16 * 1024;

    /// <summary>The body; null when it is larger than <paramref name="limit"/>.</summary>
    public static async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(HttpRequest request, int limit, CancellationToken ct)
    {
        if (request.ContentLength > limit)
        {
            return null;
        }

        if (request.HttpContext.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == false)
        {
            return ReadOnlyMemory<byte>.Empty;
        }

        // One byte more than the limit tells too large from just full.
        var buffer = new ArrayBufferWriter<byte>((int)(request.ContentLength ?? Chunk) + 1);
        while (true)
        {
            int read = await request.Body.ReadAsync(buffer.GetMemory(1), ct);
            if (read == 0)
            {
                return buffer.WrittenMemory;
            }

            buffer.Advance(read);
            if (buffer.WrittenCount > limit)
            {
                return null;
            }
        }
    }
}
