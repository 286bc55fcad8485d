using System.Diagnostics;
using System.Text;
using CsCheck;
using InterCluster.Api.Deploy;

namespace InterCluster.Api.Tests.Deploy;

/// <summary>Files that are no files, bombs and floods: refused in time, and nothing throws.</summary>
public sealed class HostileAppFileTests : AppFileReading
{
    [Fact] // I32
    public void Files_that_are_not_plain_text_of_a_fair_size_are_refused()
    {
        Assert.Contains("byte order mark", Only([0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(Minimal())]), StringComparison.Ordinal);
        Assert.Contains("NUL", Only(Encoding.UTF8.GetBytes(Minimal() + "# \0")), StringComparison.Ordinal);
        Assert.Contains("not UTF-8", Only([.. Encoding.UTF8.GetBytes(Minimal()), (byte)'#', 0xC0, 0xAE]), StringComparison.Ordinal);
        Assert.Contains("larger than 262144 bytes", Only(new byte[AppFileReader.MaxBytes + 1]), StringComparison.Ordinal);
        Assert.Contains("empty", Read("").Errors[0], StringComparison.Ordinal);
    }

    private static readonly Dictionary<string, (string Text, AppFileFormat Format)> BombTexts = new()
    {
        ["open arrays"] = ("a = " + new string('[', 100_000), AppFileFormat.Toml),
        ["65 arrays"] = ("a = " + new string('[', 65) + new string(']', 65), AppFileFormat.Toml),
        ["inline tables"] = ("a = " + string.Concat(Enumerable.Repeat("{a=", 80_000)), AppFileFormat.Toml),
        ["arrays of inline tables"] = ("a = " + string.Concat(Enumerable.Repeat("[{a=", 60_000)), AppFileFormat.Toml),
        ["a dotted key"] = (string.Join('.', Enumerable.Repeat("a", 100_000)) + " = 1", AppFileFormat.Toml),
        ["a dotted table"] = ("[" + string.Join('.', Enumerable.Repeat("a", 100_000)) + "]", AppFileFormat.Toml),
        ["behind eight quotes"] = ("x = \"\"\"\"\"\"\"\"\na = " + new string('[', 100_000), AppFileFormat.Toml),
        ["behind a quoted quote"] = ("x = '\"'\na = " + new string('[', 100_000), AppFileFormat.Toml),
        ["behind an escaped quote"] = ("x = \"\\\"\" # \"\na = " + new string('[', 100_000), AppFileFormat.Toml),
        ["JSON arrays"] = (new string('[', 200_000), AppFileFormat.Json),
        ["JSON objects"] = (string.Concat(Enumerable.Repeat("{\"a\":", 40_000)), AppFileFormat.Json),
    };

    private static readonly Dictionary<string, string> FloodTexts = new()
    {
        ["many tables by dotted keys"] = string.Concat(Enumerable.Range(0, 20_000).Select(i => $"a{i}.b = 1\n")),
        ["long dotted keys"] = string.Concat(Enumerable.Range(0, 1800).Select(i => string.Join('.', Enumerable.Repeat($"k{i}", 20)) + " = 1\n")),
        ["many tables"] = string.Concat(Enumerable.Range(0, 20_000).Select(i => $"[t{i}]\n")),
        ["many array tables"] = string.Concat(Enumerable.Repeat("[[t]]\n", 40_000)),
        ["a long array"] = "a = [" + string.Concat(Enumerable.Repeat("1,", 120_000)) + "]",
        ["a long text"] = "a = \"" + new string('x', 250_000) + "\"",
        ["a number over 64 bits"] = "a = 99999999999999999999999999999",
    };

    public static TheoryData<string> Bombs => [.. BombTexts.Keys];

    public static TheoryData<string> Floods => [.. FloodTexts.Keys];

    [Theory] // I32
    [MemberData(nameof(Bombs))]
    public void A_file_that_nests_too_deep_is_refused_before_it_can_hurt(string name)
    {
        long start = Stopwatch.GetTimestamp();

        Assert.Single(Read(BombTexts[name].Text, BombTexts[name].Format).Errors);
        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.Zero, TimeSpan.FromSeconds(2));
    }

    [Theory] // I32
    [MemberData(nameof(Floods))]
    public void A_file_of_very_many_keys_is_refused_in_time(string name)
    {
        long start = Stopwatch.GetTimestamp();

        Assert.NotEmpty(Read(FloodTexts[name]).Errors);
        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    [Theory]
    [InlineData("a = '''x''''\nb = 1")]
    [InlineData("a = \"\"\"x\"\"\"\"\"\nb = 1")]
    [InlineData("a = \"[[[[\\\"[[[\"")]
    [InlineData("# [[[[[[ \" '\na = 1")]
    [InlineData("a = ''''''\nb = \"\"")]
    public void The_depth_of_brackets_in_texts_and_comments_does_not_count(string text) => Assert.Null(TomlDepth.Check(text));

    [Fact] // I38
    public void No_text_makes_the_reader_throw()
    {
        string good = Minimal("[intercluster.scaling]\ncooldown = \"3s\"\nmax_replicas = 2\n[intercluster.runtime.custom.environment]\nA = 'b'");
        const string Odd = "[]{}.=\"'#\\,\n -_1aé";
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Int[0, 12], Gen.Int[0, Odd.Length - 1].Select(i => Odd[i]).Array[0, 6]).Sample(
            (at, remove, with) =>
            {
                AppFileResult result = Read(good.Remove(at, Math.Min(remove, good.Length - at)).Insert(at, new string(with)));
                return (result.Config is null) == (result.Errors.Count > 0);
            },
            iter: 1000);
    }

    private static string Only(byte[] content) => Assert.Single(AppFileReader.Read(content, AppFileFormat.Toml, null).Errors);
}
