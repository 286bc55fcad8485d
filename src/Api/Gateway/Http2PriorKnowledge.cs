using System.Buffers;
using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.AspNetCore.Http.Features;

namespace InterCluster.Api.Gateway;

/// <summary>
/// HTTP/2 without TLS on the port that speaks HTTP/1.1 (RFC 9113, 3.3), which the server does not offer yet
/// (dotnet/aspnetcore issue 56984): looks at a connection's first bytes and, when they are HTTP/2's preface, says what ALPN would have said.
/// </summary>
internal sealed class Http2PriorKnowledge(ConnectionDelegate next, TimeSpan firstByteLimit, TimeProvider time)
{
    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    public async Task OnConnectionAsync(ConnectionContext connection)
    {
        if (await BeginsWithPrefaceAsync(connection).ConfigureAwait(false))
        {
            connection.Features.Set<ITlsConnectionFeature>(Negotiated.Instance);
            connection.Features.Set<ITlsApplicationProtocolFeature>(Negotiated.Instance);
        }

        await next(connection).ConfigureAwait(false);
    }

    private async ValueTask<bool> BeginsWithPrefaceAsync(ConnectionContext connection)
    {
        PipeReader input = connection.Transport.Input;
        using ITimer limit = time.CreateTimer(static c => ((ConnectionContext)c!).Abort(), connection, firstByteLimit, Timeout.InfiniteTimeSpan);
        while (true)
        {
            ReadResult read = await input.ReadAsync().ConfigureAwait(false);
            bool? verdict = Compare(read.Buffer);
            if (verdict is not null || read.IsCompleted)
            {
                input.AdvanceTo(read.Buffer.Start);
                return verdict ?? false;
            }

            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    // Null: a beginning of it, more is needed.
    private static bool? Compare(in ReadOnlySequence<byte> buffer)
    {
        Span<byte> head = stackalloc byte[24];
        int length = (int)Math.Min(buffer.Length, Preface.Length);
        buffer.Slice(0, length).CopyTo(head);
        return !Preface.StartsWith(head[..length]) ? false : length == Preface.Length ? true : null;
    }

    private sealed class Negotiated : ITlsConnectionFeature, ITlsApplicationProtocolFeature
    {
        public static readonly Negotiated Instance = new();

        public X509Certificate2? ClientCertificate { get; set; }

        public ReadOnlyMemory<byte> ApplicationProtocol => SslApplicationProtocol.Http2.Protocol;

        public Task<X509Certificate2?> GetClientCertificateAsync(CancellationToken cancellationToken) => Task.FromResult<X509Certificate2?>(null);
    }
}
