using CsCheck;
using InterCluster.Api.Deploy;

namespace InterCluster.Api.Tests.Deploy;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("python main.py", new[] { "python", "main.py" })]
    [InlineData("  a \t b\n c  ", new[] { "a", "b", "c" })]
    [InlineData("", new string[0])]
    [InlineData("''", new[] { "" })]
    [InlineData("a \"\" b", new[] { "a", "", "b" })]
    [InlineData("'a b' \"c d\"", new[] { "a b", "c d" })]
    [InlineData("a'b'\"c\"d", new[] { "abcd" })]
    [InlineData(@"'it'\''s'", new[] { "it's" })]
    [InlineData(@"a\ b \\ \'", new[] { "a b", @"\", "'" })]
    [InlineData("\"\\\" \\\\ \\$ \\` \\n \\'\"", new[] { @""" \ $ ` \n \'" })]
    [InlineData(@"'\n\$'", new[] { @"\n\$" })]
    [InlineData("a\\\nb", new[] { "ab" })]
    [InlineData("a \\\n b", new[] { "a", "b" })]
    [InlineData("\"a\\\nb\"", new[] { "ab" })]
    [InlineData("; rm -rf $(x) `y` & | > $HOME %PATH% # *", new[] { ";", "rm", "-rf", "$(x)", "`y`", "&", "|", ">", "$HOME", "%PATH%", "#", "*" })]
    public void A_command_is_split_by_the_quoting_rules_and_not_expanded(string text, string[] expected)
    {
        Assert.True(CommandLine.TrySplit(text, out List<string>? arguments));
        Assert.Equal(expected, arguments);
    }

    [Theory]
    [InlineData("'a")]
    [InlineData("\"a")]
    [InlineData("a\\")]
    [InlineData("\"a\\\"")]
    [InlineData("a 'b' '")]
    public void An_open_quote_or_escape_is_refused(string text) => Assert.False(CommandLine.TrySplit(text, out _));

    [Fact]
    public void Quoted_arguments_come_back_as_they_were() =>
        Gen.Char.Array[0, 8].Select(c => new string(c)).List[0, 6].Sample(
            arguments =>
            {
                string single = string.Join(' ', arguments.Select(a => $"'{a.Replace("'", @"'\''", StringComparison.Ordinal)}'"));
                return CommandLine.TrySplit(single, out List<string>? split) && split.SequenceEqual(arguments);
            },
            iter: 5000);
}
