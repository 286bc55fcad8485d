using System.Text;
using CsCheck;
using InterCluster.Replicas.Logs;

namespace InterCluster.Replicas.Tests.Logs;

public sealed class LineSplitterTests
{
    [Fact]
    public void Lines_end_in_either_way_and_keep_their_control_characters() =>
        Assert.Equal(["a", "", "b\u001b[1m\tc", "d\re"], Split("a\r\n\nb\u001b[1m\tc\nd\re"u8.ToArray(), 100));

    [Fact]
    public void Invalid_text_becomes_replacement_characters() => Assert.Equal(["a\uFFFDb"], Split([(byte)'a', 0xff, (byte)'b'], 100));

    [Fact]
    public void A_long_line_goes_on_in_the_next_and_no_character_is_cut()
    {
        string text = "x" + string.Concat(Enumerable.Repeat("ä😀", 10_000));

        List<string> lines = Split(Encoding.UTF8.GetBytes(text), 777);

        Assert.Equal(text, string.Concat(lines));
        Assert.All(lines, l => Assert.InRange(Encoding.UTF8.GetByteCount(l), 1, LineSplitter.MaxBytes));
        Assert.Equal(4, lines.Count);
    }

    [Fact]
    public void However_the_bytes_arrive_the_lines_are_the_same() =>
        Gen.Select(Gen.OneOf(Gen.Byte, Gen.Const((byte)'\n')).Array[0, 200], Gen.Int[1, 50]).Sample(
            (bytes, size) => Assert.Equal(Split(bytes, 1000), Split(bytes, size)));

    private static List<string> Split(byte[] bytes, int size)
    {
        var lines = new List<string>();
        var splitter = new LineSplitter(lines.Add);
        foreach (byte[] chunk in bytes.Chunk(size))
        {
            splitter.Add(chunk);
        }

        splitter.Flush();
        return lines;
    }
}
