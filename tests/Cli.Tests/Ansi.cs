using System.Text.RegularExpressions;

namespace InterCluster.Cli.Tests;

/// <summary>Terminal output without its colours.</summary>
internal static partial class Ansi
{
    public static string Strip(string text) => Sequence().Replace(text, "");

    [GeneratedRegex(@"\x1b\[[0-9;?]*[A-Za-z]")]
    private static partial Regex Sequence();
}
