using System.Buffers.Binary;

namespace InterCluster.Api.WebSockets;

/// <summary>
/// The client's side of a WebSocket that is being tunnelled. Bytes pass through as they are; the tunnel only follows the frames, so that it
/// can put in a close frame of its own between two of them: when the gateway or the replica drains, and when the client breaks the protocol.
/// </summary>
internal sealed class WebSocketTunnel(Stream client, long maxMessageBytes) : Stream
{
    private readonly Lock _writing = new();
    private WebSocketFrames _fromClient = new(fromClient: true, maxMessageBytes);
    private WebSocketFrames _toClient = new(fromClient: false, long.MaxValue);
    private bool _writeInProgress;
    private bool _closed;
    private ushort _wanted;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>
    /// Sends the client a close frame, at once or as soon as the frame that is on its way has ended. The client answers with its own, which
    /// passes to the replica as any other: both ends see an orderly close.
    /// </summary>
    public ValueTask CloseAsync(ushort code, CancellationToken ct = default)
    {
        lock (_writing)
        {
            if (_closed || _toClient.CloseSeen)
            {
                return default;
            }

            if (_writeInProgress || !_toClient.AtBoundary)
            {
                _wanted = code;
                return default;
            }

            _closed = true;
        }

        return SendCloseAsync(code, ct);
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ValueTask<int> read = client.ReadAsync(buffer, cancellationToken);
        if (buffer.IsEmpty)
        {
            return read;
        }

        return read.IsCompletedSuccessfully ? JudgeAsync(buffer, read.Result, cancellationToken) : AwaitAsync(read, buffer, cancellationToken);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        lock (_writing)
        {
            if (_closed)
            {
                // We have said good-bye: what the replica still sends has no reader.
                return default;
            }

            _writeInProgress = true;
            _toClient.Feed(buffer.Span);
        }

        ValueTask write = client.WriteAsync(buffer, cancellationToken);
        if (!write.IsCompletedSuccessfully)
        {
            return FinishAsync(write, cancellationToken);
        }

        return EndWrite(out ushort code) ? SendCloseAsync(code, cancellationToken) : default;
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => client.FlushAsync(cancellationToken);

    public override void Flush() => throw new NotSupportedException();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            client.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask<int> AwaitAsync(ValueTask<int> read, Memory<byte> buffer, CancellationToken ct) =>
        await JudgeAsync(buffer, await read.ConfigureAwait(false), ct).ConfigureAwait(false);

    private ValueTask<int> JudgeAsync(Memory<byte> buffer, int read, CancellationToken ct)
    {
        ushort violation = _fromClient.Feed(buffer.Span[..read]);
        return violation == 0 ? new ValueTask<int>(read) : RefuseAsync(violation, ct);
    }

    private async ValueTask<int> RefuseAsync(ushort code, CancellationToken ct)
    {
        await CloseAsync(code, ct).ConfigureAwait(false);
        throw new InvalidDataException($"The client broke the WebSocket protocol or its limits (close code {code}).");
    }

    private async ValueTask FinishAsync(ValueTask write, CancellationToken ct)
    {
        await write.ConfigureAwait(false);
        if (EndWrite(out ushort code))
        {
            await SendCloseAsync(code, ct).ConfigureAwait(false);
        }
    }

    // True when a close frame is due now.
    private bool EndWrite(out ushort code)
    {
        lock (_writing)
        {
            _writeInProgress = false;
            code = _wanted;
            if (code == 0 || _closed || !_toClient.AtBoundary || _toClient.CloseSeen)
            {
                return false;
            }

            _closed = true;
            return true;
        }
    }

    private ValueTask SendCloseAsync(ushort code, CancellationToken ct)
    {
        byte[] frame = [0x88, 2, 0, 0];
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), code);
        return client.WriteAsync(frame, ct);
    }
}
