using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace InterCluster.Api.Webhooks;

/// <summary>
/// Stands in front of an answer's body: everything goes through to the caller at its own pace, and a copy is kept as long as it is small enough and
/// there is memory for it.
/// </summary>
internal sealed class CapturedAnswer(IHttpResponseBodyFeature inner, CaptureBudget budget) : Stream, IHttpResponseBodyFeature
{
    private readonly Stream _body = inner.Stream;
    private ArrayBufferWriter<byte>? _copy = new();
    private PipeWriter? _writer;

    /// <summary>What was answered so far; null when it grew too large.</summary>
    public ReadOnlyMemory<byte>? Copy => _copy?.WrittenMemory;

    public Stream Stream => this;

    public PipeWriter Writer => _writer ??= PipeWriter.Create(this, new StreamPipeWriterOptions(leaveOpen: true));

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>The copy is not needed any more.</summary>
    public void Forget()
    {
        budget.Return(_copy?.WrittenCount ?? 0);
        _copy = null;
    }

    public void DisableBuffering() => inner.DisableBuffering();

    public Task StartAsync(CancellationToken cancellationToken = default) => inner.StartAsync(cancellationToken);

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        SendFileFallback.SendFileAsync(this, path, offset, count, cancellationToken);

    public async Task CompleteAsync()
    {
        if (_writer is not null)
        {
            await _writer.CompleteAsync();
        }

        await inner.CompleteAsync();
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Keep(buffer.Span);
        return _body.WriteAsync(buffer, cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count)
    {
        Keep(buffer.AsSpan(offset, count));
        _body.Write(buffer, offset, count);
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => _body.FlushAsync(cancellationToken);

    public override void Flush() => _body.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (_copy is null)
        {
            return;
        }

        if (_copy.WrittenCount + (long)bytes.Length > budget.MaxBody || !budget.TryTake(bytes.Length))
        {
            Forget();
            return;
        }

        _copy.Write(bytes);
    }
}
