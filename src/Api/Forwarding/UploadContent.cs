using System.Net;

namespace InterCluster.Api.Forwarding;

/// <summary>
/// A request's body on its way to the replica. Knows when nothing more of it is to come, and sends one of unknown length on as it comes: the HTTP client gathers
/// small writes until its buffer is full, and the forwarder flushes for gRPC only, so an upload that is a conversation (a line now, a
/// line in a minute) would not reach the replica.
/// </summary>
internal sealed class UploadContent : HttpContent
{
    private readonly HttpContent _content;
    private readonly bool _flushes;
    private volatile bool _isSent;

    public UploadContent(HttpContent content)
    {
        _content = content;
        _flushes = !HasLength(content);
        foreach (KeyValuePair<string, System.Net.Http.Headers.HeaderStringValues> header in content.Headers.NonValidated)
        {
            Headers.TryAddWithoutValidation(header.Key, header.Value);
        }
    }

    /// <summary>True when the caller has nothing more to give.</summary>
    public bool IsSent => _isSent;

    public static bool HasLength(HttpContent content) => content.Headers.NonValidated.Contains("Content-Length");

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (_flushes)
        {
            // The head, before the first piece.
            await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        }

        await _content.CopyToAsync(_flushes ? new FlushedStream(stream) : stream, context, cancellationToken).ConfigureAwait(false);
        _isSent = true;
    }

    protected override bool TryComputeLength(out long length)
    {
        // Said by a header, or not known.
        length = 0;
        return false;
    }

    private sealed class FlushedStream(Stream stream) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await stream.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
            await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => stream.FlushAsync(cancellationToken);

        public override void Flush() => throw new NotSupportedException();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
