using System.Buffers;

namespace InterCluster.Api.Batches;

/// <summary>
/// Cuts a stream of bytes into lines, however the stream is cut into segments. A line that is longer than the limit is passed over in bounded memory and
/// told as such. Blank lines are told too: they count.
/// </summary>
internal sealed class LineReader(int maxLine)
{
    private byte[] _joined = [];
    private bool _passingOver;

    /// <summary>Lines so far.</summary>
    public long Number { get; private set; }

    /// <summary>True: the last line was over the limit, and its text is empty.</summary>
    public bool IsTooLong { get; private set; }

    /// <summary>
    /// Takes the next line out of <paramref name="buffer"/>; the text, without its line end, is valid until the next call. False: more has to be read first
    /// (what is left in the buffer is to be kept), or, at the end, there is none.
    /// </summary>
    public bool TryRead(ref ReadOnlySequence<byte> buffer, bool isEnd, out ReadOnlySpan<byte> line)
    {
        line = default;
        if (buffer.PositionOf((byte)'\n') is { } end)
        {
            line = Take(buffer.Slice(0, end));
            buffer = buffer.Slice(buffer.GetPosition(1, end));
            return true;
        }

        if (isEnd && (buffer.Length > 0 || _passingOver))
        {
            line = Take(buffer);
            buffer = buffer.Slice(buffer.End);
            return true;
        }

        if (buffer.Length > maxLine)
        {
            _passingOver = true;
        }

        if (_passingOver)
        {
            buffer = buffer.Slice(buffer.End);
        }

        return false;
    }

    private ReadOnlySpan<byte> Take(ReadOnlySequence<byte> text)
    {
        Number++;
        IsTooLong = _passingOver || text.Length > maxLine;
        _passingOver = false;
        return IsTooLong ? default : text.IsSingleSegment ? text.FirstSpan : Join(text);
    }

    private ReadOnlySpan<byte> Join(ReadOnlySequence<byte> text)
    {
        int length = (int)text.Length;
        if (_joined.Length < length)
        {
            _joined = new byte[Math.Max(length, Math.Min(maxLine, _joined.Length * 2))];
        }

        text.CopyTo(_joined);
        return _joined.AsSpan(0, length);
    }
}
