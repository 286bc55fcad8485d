using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using InterCluster.Core.Runs;

namespace InterCluster.Storage.Codecs;

/// <summary>
/// What makes two requests under one <c>Idempotency-Key</c> the same: method, path with query, <c>Content-Type</c>, <c>Content-Encoding</c> and
/// the body. Other headers (tracing, dates, user agents) differ between honest retries; delay, priority and attempts steer the run, not the call.
/// SHA-256 over the parts, each led by its length, so no two requests run together to the same bytes.
/// </summary>
internal static class RequestHash
{
    public static byte[] Of(RunRequest request)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, Encoding.UTF8.GetBytes(request.Method));
        Append(hash, Encoding.UTF8.GetBytes(request.PathAndQuery));
        Append(hash, Encoding.UTF8.GetBytes(Values(request, "Content-Type")));
        Append(hash, Encoding.UTF8.GetBytes(Values(request, "Content-Encoding")));
        Append(hash, request.Body.Span);
        return hash.GetHashAndReset();
    }

    private static string Values(RunRequest request, string name) =>
        string.Join('\n', request.Headers.Where(h => h.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(h => h.Value));

    private static void Append(IncrementalHash hash, ReadOnlySpan<byte> part)
    {
        Span<byte> length = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(length, part.Length);
        hash.AppendData(length);
        hash.AppendData(part);
    }
}
