namespace Examples.Answer;

/// <summary>What became of a search.</summary>
/// <param name="Hits">What was found; null when there was no answer.</param>
/// <param name="Status">The status of the answer.</param>
/// <param name="Problem">Why there is none, for people.</param>
internal sealed record SearchResult(IReadOnlyList<Hit>? Hits, int Status, string? Problem);

internal sealed record Hit(double Score, Passage Passage);

internal sealed record Passage(int Number, string Section, int Line, string Text);
