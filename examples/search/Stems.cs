using System.Text.RegularExpressions;

namespace Examples.Search;

/// <summary>Words as the index knows them: lower case, without endings, without the words that are everywhere.</summary>
internal static partial class Stems
{
    private const int ShortestStem = 4;

    // The longest first. Newton writes refract'd beside refracted.
    private static readonly string[] Endings = ["ations", "ation", "ings", "ions", "ing", "ion", "ers", "ied", "ies", "'d", "ed", "er", "es", "ly", "s", "e"];

    private static readonly HashSet<string> Everywhere = new(StringComparer.Ordinal)
    {
        "a", "all", "an", "and", "are", "as", "at", "be", "been", "by", "do", "does", "for", "from", "had", "has", "have", "how", "i", "if", "in",
        "into", "is", "it", "its", "may", "more", "my", "no", "not", "of", "on", "one", "or", "so", "such", "than", "that", "the", "their", "them",
        "then", "there", "these", "they", "this", "those", "to", "upon", "was", "were", "what", "when", "where", "which", "who", "why", "will",
        "with", "would", "you",
    };

    public static IEnumerable<string> Of(string text) =>
        from Match match in Word().Matches(text.ToLowerInvariant())
        from word in WithParts(match.Value)
        where !Everywhere.Contains(word)
        select Stem(word);

    /// <summary>A word with a hyphen is also the word without it, and its parts: Newton writes rain-bow.</summary>
    private static IEnumerable<string> WithParts(string word) =>
        word.Contains('-', StringComparison.Ordinal) ? word.Split('-').Prepend(word.Replace("-", "", StringComparison.Ordinal)) : [word];

    private static string Stem(string word)
    {
        string? ending = Array.Find(Endings, e => word.Length - e.Length >= ShortestStem && word.EndsWith(e, StringComparison.Ordinal));
        return ending is null ? word : word[..^ending.Length];
    }

    [GeneratedRegex(@"\p{L}+(?:['-]\p{L}+)*|\d+")]
    private static partial Regex Word();
}
