using System.Diagnostics;
using System.Globalization;
using InterCluster.Replicas.Processes;

namespace InterCluster.Replicas.Tests.Processes;

public sealed class OutputTailTests : IDisposable
{
    private const int Keep = 256 << 10;

    private readonly string _file = Path.GetTempFileName();
    private readonly List<string> _lines = [];
    private readonly byte[] _buffer = new byte[4096];

    [Fact]
    public void Lines_are_read_as_they_come_and_the_rest_at_the_end()
    {
        var tail = new OutputTail(_file, Keep, _lines.Add);

        File.AppendAllText(_file, "one\ntw");
        tail.Read(_buffer);
        Assert.Equal(["one"], _lines);
        File.AppendAllText(_file, "o\nthree");
        tail.Finish(_buffer);

        Assert.Equal(["one", "two", "three"], _lines);
    }

    [Fact]
    public void The_disk_that_it_takes_is_bounded()
    {
        using var tail = new OutputTail(_file, Keep, _lines.Add);
        string block = string.Concat(Enumerable.Repeat(new string('x', 99) + "\n", 1000));
        for (int i = 0; i < 100; i++)
        {
            File.AppendAllText(_file, block);
            tail.Read(_buffer);
        }

        Assert.Equal(100_000, _lines.Count);
        Assert.All(_lines, l => Assert.Equal(99, l.Length));
        Assert.InRange(AllocatedBytes(), 0, 2 * Keep);
    }

    [Fact]
    public void What_comes_faster_than_it_is_read_is_skipped_and_said()
    {
        using var tail = new OutputTail(_file, Keep, _lines.Add);
        File.AppendAllText(_file, string.Concat(Enumerable.Repeat(new string('x', 99) + "\n", 10_000)));

        tail.Read(_buffer);

        Assert.Equal($"[{1_000_000 - Keep} bytes of output were skipped: they came faster than they could be read]", _lines[0]);
        Assert.InRange(_lines.Count, 2600, 2630);
    }

    [Fact]
    public void A_second_reader_begins_with_what_is_kept()
    {
        using (var first = new OutputTail(_file, Keep, _ => { }))
        {
            File.AppendAllText(_file, string.Concat(Enumerable.Repeat(new string('x', 99) + "\n", 10_000)) + "last\n");
            first.Read(_buffer);
        }

        using var second = new OutputTail(_file, Keep, _lines.Add);
        second.Read(_buffer);

        Assert.Equal("last", _lines[^1]);
        Assert.InRange(_lines.Count, 2600, 2630);
    }

    [Fact]
    public void A_file_that_was_emptied_is_read_from_its_start()
    {
        using var tail = new OutputTail(_file, Keep, _lines.Add);
        File.AppendAllText(_file, "before, and long\n");
        tail.Read(_buffer);
        File.WriteAllText(_file, "after\n");

        tail.Read(_buffer);

        Assert.Equal(["before, and long", "after"], _lines);
    }

    public void Dispose() => File.Delete(_file);

    private long AllocatedBytes()
    {
        using Process stat = Process.Start(new ProcessStartInfo("stat", ["-c", "%b", _file]) { RedirectStandardOutput = true })!;
        return long.Parse(stat.StandardOutput.ReadToEnd(), CultureInfo.InvariantCulture) * 512;
    }
}
