using System.Buffers;
using System.IO.Pipelines;
using InterCluster.Core.Batches;

namespace InterCluster.Api.Batches;

/// <summary>How an upload ended.</summary>
internal enum UploadEnd
{
    /// <summary>Every line was read, and is stored.</summary>
    Complete,

    /// <summary>Not the lines that are stored under this key.</summary>
    Mismatch,

    /// <summary>A later upload of the batch took over, or the batch was cancelled.</summary>
    Superseded,

    /// <summary>More bytes or lines than allowed.</summary>
    TooLarge,
}

/// <summary>
/// Reads an upload line by line and hands its runs to the writer. What an earlier upload with the same key has stored is compared, not stored again.
/// </summary>
internal sealed class BatchUpload(
    BatchInfo batch, PipeReader body, LineParser parser, BatchWriter writer, int maxLine, long maxLines, Func<ValueTask<ReadResult>> read) : IDisposable
{
    private readonly LineReader _lines = new(maxLine);
    private readonly LineDigest? _digest = batch.IdempotencyKey is null ? null : new LineDigest();

    /// <summary>Lines that were stored before.</summary>
    private readonly long _stored = batch.Lines;

    private UploadEnd? _end;

    /// <summary>Reads to the end of the body. When that breaks off, what has come whole is stored, and the failure goes on to the caller.</summary>
    public async Task<UploadEnd> RunAsync()
    {
        try
        {
            while (true)
            {
                ReadResult result = await ReadAsync();
                ReadOnlySequence<byte> left = await ConsumeAsync(result);
                body.AdvanceTo(left.Start, left.End);
                if (_end is { } end)
                {
                    return end == UploadEnd.TooLarge ? await InterruptAsync(end) : end;
                }

                if (result.IsCompleted)
                {
                    return await FinishAsync();
                }
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or Microsoft.AspNetCore.Http.BadHttpRequestException)
        {
            await InterruptAsync(UploadEnd.Superseded);
            throw;
        }
    }

    public void Dispose() => _digest?.Dispose();

    private async ValueTask<ReadOnlySequence<byte>> ConsumeAsync(ReadResult result)
    {
        ReadOnlySequence<byte> buffer = result.Buffer;
        while (_end is null && TakeLine(ref buffer, result.IsCompleted))
        {
            if (writer.IsFull)
            {
                await StoreAsync(null);
            }
        }

        return buffer;
    }

    // When the caller has nothing more to say for now, what has come is stored meanwhile.
    private async ValueTask<ReadResult> ReadAsync()
    {
        ValueTask<ReadResult> next = read();
        if (next.IsCompleted || !writer.HasAny)
        {
            return await next;
        }

        Task<ReadResult> reading = next.AsTask();
        await StoreAsync(null);
        if (_end is not null)
        {
            body.CancelPendingRead();
        }

        return await reading;
    }

    private bool TakeLine(ref ReadOnlySequence<byte> buffer, bool isEnd)
    {
        if (!_lines.TryRead(ref buffer, isEnd, out ReadOnlySpan<byte> line))
        {
            return false;
        }

        if (_lines.Number > maxLines)
        {
            _end = UploadEnd.TooLarge;
            return true;
        }

        _digest?.Add(line, _lines.IsTooLong);
        if (_lines.Number <= _stored)
        {
            Compare();
        }
        else if (batch.State == BatchState.Complete)
        {
            _end = UploadEnd.Mismatch;
        }
        else
        {
            Parse(line);
        }

        return true;
    }

    private void Compare()
    {
        if (_lines.Number == _stored && !_digest!.Value.SequenceEqual(batch.Digest.Span))
        {
            _end = UploadEnd.Mismatch;
        }
    }

    private void Parse(ReadOnlySpan<byte> line)
    {
        LineError? error = null;
        if (_lines.IsTooLong)
        {
            error = new LineError(LineCodes.TooLarge, $"A line may have {maxLine} bytes.");
        }
        else if (LineParser.IsBlank(line))
        {
            return;
        }
        else if (parser.Parse(line, _lines.Number, out error) is { } run)
        {
            writer.Add(run);
            return;
        }

        writer.Reject(_lines.Number, error!);
    }

    private async Task<UploadEnd> FinishAsync()
    {
        if (_lines.Number < _stored)
        {
            return UploadEnd.Mismatch;
        }

        if (batch.State == BatchState.Complete)
        {
            return UploadEnd.Complete;
        }

        await StoreAsync(BatchState.Complete);
        return _end ?? UploadEnd.Complete;
    }

    private async Task<UploadEnd> InterruptAsync(UploadEnd end)
    {
        // Fewer lines than are stored: nothing of this upload is new, and the figures must not go back.
        if (batch.State == BatchState.Receiving && _end is null or UploadEnd.TooLarge)
        {
            await writer.StoreAsync(Math.Max(Stored(), _stored), _lines.Number < _stored ? batch.Digest : Digest(), BatchState.Interrupted);
        }

        return end;
    }

    // The line that was one too many is not stored.
    private long Stored() => Math.Min(_lines.Number, maxLines);

    private async ValueTask StoreAsync(BatchState? close)
    {
        if (!await writer.StoreAsync(_lines.Number, Digest(), close))
        {
            _end = UploadEnd.Superseded;
        }
    }

    private ReadOnlyMemory<byte> Digest() => _digest is null ? default : _digest.Value.ToArray();
}
