using System.Globalization;

namespace Examples.Search;

/// <param name="Q">The words to look for.</param>
/// <param name="Limit">Passages at most; 5 without.</param>
internal sealed record SearchRequest(string? Q, int? Limit);

/// <param name="Query">What was asked.</param>
/// <param name="Searched">How many passages there are.</param>
/// <param name="Hits">The best ones, best first.</param>
internal sealed record SearchAnswer(string Query, int Searched, IReadOnlyList<Hit> Hits)
{
    private const int Beginning = 90;

    /// <summary>A line or two for each hit: score, place, and the beginning of the passage.</summary>
    public string ToText() => string.Concat(Hits.Select(hit =>
        string.Create(CultureInfo.InvariantCulture, $"{hit.Score,7:0.000}  {hit.Passage.Section}\n         {Begin(hit.Passage.Text)}\n")));

    private static string Begin(string text) => text.Length <= Beginning ? text : $"{text[..text.LastIndexOf(' ', Beginning)]} …";
}

/// <param name="Score">The BM25 score: only comparable within one answer.</param>
/// <param name="Passage">The passage.</param>
internal sealed record Hit(double Score, Passage Passage);
