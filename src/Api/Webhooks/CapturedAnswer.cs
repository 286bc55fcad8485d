using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace InterCluster.Api.Webhooks;

/// <summary>
/// Stands in front of an answer's body: everything goes through to the caller at its own pace, and a copy is kept as long as it is small enough and
/// there is memory for it. Its end is held back: the bytes that complete a stated length, or the start of an answer without a body, go on when
/// <see cref="BeforeEnd"/> is done. The end of an answer without a stated length comes after all of this, and so does what its owner does before it.
/// </summary>
internal sealed class CapturedAnswer(IHttpResponseBodyFeature inner, CaptureBudget budget, HttpContext context) : Stream, IHttpResponseBodyFeature
{
    private readonly Stream _body = inner.Stream;
    private ArrayBufferWriter<byte>? _copy = new();
    private PipeWriter? _writer;
    private long _written;

    /// <summary>What the answer's end waits for.</summary>
    public Func<Task> BeforeEnd { get; set; } = static () => Task.CompletedTask;

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

    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        HttpResponse response = context.Response;
        if (response.ContentLength == 0 || response.StatusCode is 204 or 205 or 304 || HttpMethods.IsHead(context.Request.Method))
        {
            await BeforeEnd().ConfigureAwait(false);
        }

        await inner.StartAsync(cancellationToken).ConfigureAwait(false);
    }

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
        return Completes(buffer.Length) ? WriteLastAsync(buffer, cancellationToken) : _body.WriteAsync(buffer, cancellationToken);
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

    // Only an end that may come is waited for: whoever asks for more than was stated is told so by the server.
    private bool Completes(int bytes)
    {
        _written += bytes;
        return bytes > 0 && _written == context.Response.ContentLength;
    }

    private async ValueTask WriteLastAsync(ReadOnlyMemory<byte> buffer, CancellationToken ct)
    {
        await BeforeEnd().ConfigureAwait(false);
        await _body.WriteAsync(buffer, ct).ConfigureAwait(false);
    }

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
