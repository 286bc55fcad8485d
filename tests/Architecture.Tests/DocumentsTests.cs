using System.Text.RegularExpressions;
using Xunit;

namespace InterCluster.Architecture.Tests;

/// <summary>What the pages say has to be there, and what is there has to be on the pages.</summary>
public sealed partial class DocumentsTests
{
    [Fact]
    public void Every_link_within_the_repository_leads_somewhere()
    {
        IEnumerable<string> broken =
            from page in Repository.Pages
            from Match link in Link().Matches(File.ReadAllText(page))
            let target = Path.Combine(Path.GetDirectoryName(page)!, link.Groups[1].Value)
            where !Path.Exists(target)
            select $"{Path.GetRelativePath(Repository.Root, page)}: {link.Groups[1].Value}";

        Assert.NotEmpty(Repository.Pages);
        Assert.Empty(broken);
    }

    [Fact]
    public void Every_setting_of_the_server_is_in_the_readme()
    {
        string readme = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));
        string[] settings =
        [
            .. from file in Repository.Sources("*Options.cs")
               where !file.Contains($"{Path.DirectorySeparatorChar}Cli{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
               from Match property in Setting().Matches(File.ReadAllText(file))
               select property.Groups[1].Value,
        ];

        Assert.Contains("MaxRequestBodyBytes", settings);
        Assert.Equal([], settings.Where(setting => !Regex.IsMatch(readme, $@"[:`]{setting}`")));
    }

    [Theory]
    [InlineData("src/Core/Wire/ProblemCodes.cs", "docs/wire-contract.md")]
    [InlineData("src/Core/Runs/Run.cs", "docs/state-machine.md")]
    public void Every_stable_word_is_on_its_page(string source, string page)
    {
        string text = File.ReadAllText(Path.Combine(Repository.Root, page));
        string[] words = [.. Word().Matches(File.ReadAllText(Path.Combine(Repository.Root, source))).Select(match => match.Groups[1].Value)];

        Assert.NotEmpty(words);
        Assert.Equal([], words.Where(word => !text.Contains($"`{word}`", StringComparison.Ordinal)));
    }

    // A link to a file or folder, less its anchor; not one to another site or within the page.
    [GeneratedRegex(@"\]\((?![a-z]+:|#)([^)#\s]+)(?:#[^)]*)?\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^\s*public \S+ (\w+) \{ get; set; \}", RegexOptions.Multiline)]
    private static partial Regex Setting();

    [GeneratedRegex("public const string \\w+ = \"([a-z_]+)\";")]
    private static partial Regex Word();
}
