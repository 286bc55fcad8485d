using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace InterCluster.Architecture.Tests;

/// <summary>The page that says which test shows which row: every row is there, and what it names exists.</summary>
public sealed partial class RowsTests
{
    private const string Heading = "# Row by row";

    private static readonly string[] Rows =
    [
        .. Expand("A1–A4"), .. Expand("B1–B3"), .. Expand("C1–C3"), .. Expand("D1–D7"), .. Expand("E1–E3"), .. Expand("F1–F3"), .. Expand("G1–G3"),
        .. Expand("H1–H2"), .. Expand("D01–D03"), .. Expand("D07–D09"), .. Expand("D11–D13"), .. Expand("D15–D19"), .. Expand("D22–D27"), "L04", "L10", "L11",
        .. Expand("X01–X17"), .. Expand("T01–T06"), .. Expand("U01–U18"), "U60", .. Expand("W01–W03"),
    ];

    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "reliability.md"));

    private static readonly string[][] Table =
    [
        .. Page[Page.IndexOf(Heading, StringComparison.Ordinal)..].Split('\n')
            .Where(line => line.StartsWith("| ", StringComparison.Ordinal) && char.IsUpper(line[2]))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries)[1..^1]),
    ];

    [Fact]
    public void Every_row_is_on_the_page_once()
    {
        string[] shown = [.. from line in Table from span in line[0].Split(", ") from row in Expand(span) select row];

        Assert.Equal([], Rows.Except(shown));
        Assert.Equal([], shown.GroupBy(row => row).Where(row => row.Count() > 1).Select(row => row.Key));
    }

    [Fact]
    public void A_row_that_no_test_shows_says_why() =>
        Assert.Equal([], Table.Where(line => !Named(line[1]).Any() && line[2].Length == 0).Select(line => line[0]));

    [Fact]
    public void Every_test_that_the_page_names_exists()
    {
        ILookup<string, string> classes = Classes();
        IEnumerable<string> missing =
            from name in Named(string.Join('\n', Table.Select(line => line[1]))).Distinct()
            where !(name.Contains('/', StringComparison.Ordinal) ? Path.Exists(Path.Combine(Repository.Root, name)) : Exists(classes, name.Split('.')))
            select name;

        Assert.Equal([], missing);
    }

    private static bool Exists(ILookup<string, string> classes, string[] name) =>
        name is [var only] && !classes.Contains(only)
            ? classes.SelectMany(texts => texts).Any(text => IsTest(text, only))
            : classes[name[0]].Any(text => name.Length == 1 || IsTest(text, name[1]));

    private static bool IsTest(string text, string method) => Regex.IsMatch(text, $@"\b(Task|void) {Regex.Escape(method)}\(");

    /// <summary>The text of the file in which each class of the tests is.</summary>
    private static ILookup<string, string> Classes() => (
        from file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*.cs", SearchOption.AllDirectories)
        let text = File.ReadAllText(file)
        where text.Contains("[Fact", StringComparison.Ordinal) || text.Contains("[Theory", StringComparison.Ordinal)
        from Match match in Class().Matches(text)
        select (Name: match.Groups[1].Value, Text: text)).ToLookup(found => found.Name, found => found.Text);

    private static IEnumerable<string> Named(string cell) => Name().Matches(cell).Select(match => match.Groups[1].Value);

    /// <summary><c>D01–D03</c> is D01, D02 and D03.</summary>
    private static IEnumerable<string> Expand(string span)
    {
        Match match = Span().Match(span);
        if (!match.Success)
        {
            return [span];
        }

        string digits = match.Groups[2].Value;
        int first = int.Parse(digits, CultureInfo.InvariantCulture);
        int last = int.Parse(match.Groups[4].ValueSpan, CultureInfo.InvariantCulture);
        return Enumerable.Range(first, last - first + 1)
            .Select(n => match.Groups[1].Value + n.ToString(CultureInfo.InvariantCulture).PadLeft(digits.Length, '0'));
    }

    [GeneratedRegex("`([A-Za-z_0-9./]+)`")]
    private static partial Regex Name();

    [GeneratedRegex(@"^([A-Z])(\d+)–([A-Z])(\d+)$")]
    private static partial Regex Span();

    [GeneratedRegex(@"\bclass (\w+)")]
    private static partial Regex Class();
}
