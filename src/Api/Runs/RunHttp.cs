using System.Buffers;
using System.Globalization;
using InterCluster.Api.Forwarding;
using InterCluster.Core.Replicas;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;

namespace InterCluster.Api.Runs;

/// <summary>The HTTP of a run: its request to the replica, and the replica's answer.</summary>
internal static class RunHttp
{
    private const int Chunk = 16 * 1024;
    private static readonly UriCreationOptions AsStored = new() { DangerousDisablePathAndQueryCanonicalization = true };

    /// <summary>The call as it was accepted, with the run's id and its attempt.</summary>
    public static HttpRequestMessage Request(Replica replica, ReplicaTransport transport, ClaimedRun run)
    {
        RunRequest call = run.Request;
        var request = new HttpRequestMessage(new HttpMethod(call.Method), new Uri(replica.Address + call.PathAndQuery, AsStored))
        {
            Version = transport.Version,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        bool hasBody = !call.Body.IsEmpty || call.Headers.Any(h => h.Name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase));
        // Many a function's server reads by the length, and not in chunks.
        request.Content = hasBody ? new ReadOnlyMemoryContent(call.Body) { Headers = { ContentLength = call.Body.Length } } : null;
        foreach (StoredHeader header in call.Headers)
        {
            if (!request.Headers.TryAddWithoutValidation(header.Name, header.Value))
            {
                request.Content?.Headers.TryAddWithoutValidation(header.Name, header.Value);
            }
        }

        request.Headers.TryAddWithoutValidation(WireHeaders.RequestId, run.Id.ToString());
        request.Headers.TryAddWithoutValidation(WireHeaders.Attempt, run.Attempt.ToString(CultureInfo.InvariantCulture));
        return request;
    }

    /// <summary>The whole body; null when it is larger than <paramref name="limit"/>.</summary>
    public static async Task<byte[]?> ReadAsync(HttpContent content, int limit, CancellationToken ct)
    {
        long? length = content.Headers.ContentLength;
        if (length > limit)
        {
            return null;
        }

        await using Stream body = await content.ReadAsStreamAsync(ct);
        var buffer = new ArrayBufferWriter<byte>((int)(length ?? Chunk) + 1);
        while (true)
        {
            int read = await body.ReadAsync(buffer.GetMemory(1), ct);
            if (read == 0)
            {
                return buffer.WrittenSpan.ToArray();
            }

            buffer.Advance(read);
            if (buffer.WrittenCount > limit)
            {
                return null;
            }
        }
    }

    /// <summary>What the function asked for in <c>Retry-After</c>: seconds or a date.</summary>
    public static TimeSpan? RetryAfter(HttpResponseMessage answer, DateTimeOffset now) => answer.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date > now ? date - now : TimeSpan.Zero,
        _ => null,
    };
}
