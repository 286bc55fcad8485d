namespace Examples.Search;

/// <param name="Q">The words to look for.</param>
/// <param name="Limit">Passages at most; 5 without.</param>
internal sealed record SearchRequest(string? Q, int? Limit);

/// <param name="Query">What was asked.</param>
/// <param name="Searched">How many passages there are.</param>
/// <param name="Hits">The best ones, best first.</param>
internal sealed record SearchAnswer(string Query, int Searched, IReadOnlyList<Hit> Hits);

/// <param name="Score">The BM25 score: only comparable within one answer.</param>
/// <param name="Passage">The passage.</param>
internal sealed record Hit(double Score, Passage Passage);
