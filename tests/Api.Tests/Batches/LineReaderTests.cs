using System.Buffers;
using System.Text;
using CsCheck;
using InterCluster.Api.Batches;

namespace InterCluster.Api.Tests.Batches;

public sealed class LineReaderTests
{
    private const int MaxLine = 16;

    private static readonly Gen<string> Texts = Gen.Frequency(
        (4, Text("ab{}\" \r", 0, 10)), (1, Text("xyz", 10, 40)), (1, Gen.Const("")), (1, Gen.Const("\r")));

    [Fact]
    public void However_a_stream_is_cut_the_lines_are_the_same()
    {
        Gen.Select(Texts.Array[0, 12], Gen.Bool, Gen.Int[1, 9].Array[1, 20]).Sample(
            (lines, ended, cuts) =>
            {
                string text = string.Join('\n', lines) + (ended && lines.Length > 0 ? "\n" : "");
                Assert.Equal(Expected(text), ReadAll(Encoding.UTF8.GetBytes(text), cuts));
            },
            iter: 20_000);
    }

    [Fact]
    public void A_line_over_the_limit_is_passed_over_in_bounded_memory()
    {
        var reader = new LineReader(MaxLine);
        var chunk = new ReadOnlySequence<byte>(new byte[100].Select(_ => (byte)'x').ToArray());
        for (int i = 0; i < 1000; i++)
        {
            ReadOnlySequence<byte> buffer = chunk;
            Assert.False(reader.TryRead(ref buffer, isEnd: false, out _));
            Assert.Equal(0, buffer.Length);
        }

        var rest = new ReadOnlySequence<byte>("xx\nok\n"u8.ToArray());
        Assert.True(reader.TryRead(ref rest, isEnd: false, out ReadOnlySpan<byte> line));
        Assert.Equal((true, 1L, 0), (reader.IsTooLong, reader.Number, line.Length));
        Assert.True(reader.TryRead(ref rest, isEnd: false, out line));
        Assert.Equal((false, 2L, "ok"), (reader.IsTooLong, reader.Number, Encoding.UTF8.GetString(line)));
    }

    private static Gen<string> Text(string of, int least, int most) => Gen.OneOf(of.ToCharArray()).Array[least, most].Select(c => new string(c));

    private static List<(long, bool, string)> Expected(string text)
    {
        string[] lines = text.Split('\n');
        int count = lines[^1].Length == 0 ? lines.Length - 1 : lines.Length;
        return [.. lines.Take(count).Select((l, i) => ((long)(i + 1), l.Length > MaxLine, l.Length > MaxLine ? "" : l))];
    }

    // As a pipe hands it over: what was not taken comes again, with more behind it, in segments of any size.
    private static List<(long, bool, string)> ReadAll(byte[] bytes, int[] cuts)
    {
        var reader = new LineReader(MaxLine);
        var lines = new List<(long, bool, string)>();
        int taken = 0;
        int seen = 0;
        for (int pass = 0; ; pass++)
        {
            seen = Math.Min(bytes.Length, seen + cuts[pass % cuts.Length]);
            bool end = seen == bytes.Length;
            ReadOnlySequence<byte> buffer = Segments(bytes.AsMemory(taken..seen), cuts[(pass + 1) % cuts.Length]);
            while (reader.TryRead(ref buffer, end, out ReadOnlySpan<byte> line))
            {
                lines.Add((reader.Number, reader.IsTooLong, Encoding.UTF8.GetString(line)));
            }

            taken = seen - (int)buffer.Length;
            if (end)
            {
                return lines;
            }
        }
    }

    private static ReadOnlySequence<byte> Segments(ReadOnlyMemory<byte> bytes, int size)
    {
        Segment? first = null, last = null;
        for (int at = 0; at < bytes.Length || first is null; at += size)
        {
            last = new Segment(bytes.Slice(at, Math.Min(size, bytes.Length - at)), last);
            first ??= last;
        }

        return new ReadOnlySequence<byte>(first!, 0, last!, last!.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? before)
        {
            Memory = memory;
            if (before is not null)
            {
                before.Next = this;
                RunningIndex = before.RunningIndex + before.Memory.Length;
            }
        }
    }
}
