using CsCheck;
using InterCluster.Cli.Terminal;

namespace InterCluster.Cli.Tests;

public sealed class TextTests
{
    [Theory]
    [InlineData(0, "0s")]
    [InlineData(0.000003, "0ms")]
    [InlineData(0.00174, "1.74ms")]
    [InlineData(0.34, "340ms")]
    [InlineData(0.9996, "999ms")]
    [InlineData(2.56, "2.5s")]
    [InlineData(59.99, "59.9s")]
    [InlineData(60, "1m")]
    [InlineData(200, "3m 20s")]
    [InlineData(18120, "5h 2m")]
    [InlineData(356400, "4d 3h")]
    public void Duration_reads_like_speech(double seconds, string text) => Assert.Equal(text, Durations.Show(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData(-90.7, "1m 30s ago")]
    [InlineData(0, "0s ago")]
    [InlineData(0.2, "in 1s")]
    [InlineData(90 * 86400 - 1.5, "in 90d")]
    public void Moment_is_told_from_now(double seconds, string text) =>
        Assert.Equal(text, Durations.Relative(CliHarness.Now.AddSeconds(seconds), CliHarness.Now));

    [Theory]
    [InlineData("500ms", 0.5)]
    [InlineData("30s", 30)]
    [InlineData("1.5m", 90)]
    [InlineData("2h", 7200)]
    [InlineData("1d", 86400)]
    [InlineData("45", 45)]
    public void Duration_is_read_with_its_unit(string text, double seconds)
    {
        Assert.True(Durations.TryParse(text, out TimeSpan time));
        Assert.Equal(TimeSpan.FromSeconds(seconds), time);
    }

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("-5s")]
    [InlineData("5 s")]
    [InlineData("5sm")]
    [InlineData("1e3")]
    [InlineData("999999999999d")]
    public void Duration_that_is_none_is_refused(string text) => Assert.False(Durations.TryParse(text, out _));

    [Theory]
    [InlineData("90s", "90s")]
    [InlineData("5m", "300s")]
    [InlineData("1d", "86400s")]
    [InlineData("500ms", "1s")]
    [InlineData("1.2s", "2s")]
    public void Duration_on_the_wire_is_in_whole_seconds_and_never_shorter(string typed, string wire)
    {
        Assert.True(Durations.TryParse(typed, out TimeSpan time));
        Assert.Equal(wire, Durations.Wire(time));
    }

    [Fact]
    public void No_text_whatever_brings_a_control_character_to_the_terminal() =>
        Gen.String[Gen.Char, 0, 200].Sample(text =>
        {
            Assert.DoesNotContain(SafeText.Line(text), char.IsControl);
            Assert.DoesNotContain(SafeText.Block(text), c => char.IsControl(c) && c is not ('\n' or '\r' or '\t'));
        });

    [Fact]
    public void Ordinary_text_is_left_as_it_is() =>
        Assert.Equal("Grüße, 世界 👋 [red]100 %[/]", SafeText.Line("Grüße, 世界 👋 [red]100 %[/]"));

    [Fact]
    public void Body_cut_anywhere_is_shown_whole() =>
        Gen.Select(Gen.String, Gen.Int[1, 7]).Sample((text, size) =>
        {
            byte[] bytes = System.Text.Encoding.UTF8.GetBytes(text);
            using var writer = new StringWriter();
            using var stream = new SafeTextStream(writer);
            foreach (byte[] piece in bytes.Chunk(size))
            {
                stream.Write(piece);
            }

            // A carriage return at the end of a piece cannot know what follows; all else is the same, however it is cut.
            Assert.Equal(
                SafeText.Block(System.Text.Encoding.UTF8.GetString(bytes)).Replace("\r", "\\u000D", StringComparison.Ordinal),
                writer.ToString().Replace("\r", "\\u000D", StringComparison.Ordinal));
        });
}
