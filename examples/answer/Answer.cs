using System.Text.RegularExpressions;

namespace Examples.Answer;

/// <summary>An answer in the book's own words.</summary>
/// <param name="Question">What was asked.</param>
/// <param name="Quotes">The sentences that come nearest, best passage first.</param>
internal sealed partial record Answer(string Question, IReadOnlyList<Quote> Quotes)
{
    private const int Sentences = 2;

    /// <summary>From each passage the sentences in a row that share most words with the question.</summary>
    public static Answer Compose(string question, IReadOnlyList<Hit> hits)
    {
        string[] words = [.. Word().Matches(question.ToLowerInvariant()).Select(match => match.Value).Where(word => word.Length > 3)];
        return new Answer(question, [.. hits.Select(hit => new Quote(Best(hit.Passage.Text, words), $"Opticks, {hit.Passage.Section}", hit.Passage.Line))]);
    }

    public string ToText() => string.Concat(Quotes.Select(quote => $"“{quote.Text}”\n    — {quote.Source}\n\n")).TrimEnd();

    private static string Best(string text, string[] words)
    {
        string[] sentences = SentenceEnd().Split(text);
        int best = Enumerable.Range(0, sentences.Length).MaxBy(i => Shared(sentences[i], words));
        return string.Join(' ', sentences.Skip(best).Take(Sentences));
    }

    // Words that begin alike count: refract, refracted, refraction. The hyphen goes, for rain-bow.
    private static int Shared(string sentence, string[] words)
    {
        string plain = sentence.Replace("-", "", StringComparison.Ordinal);
        return words.Count(word => plain.Contains(word[..Math.Min(word.Length, 6)], StringComparison.OrdinalIgnoreCase));
    }

    [GeneratedRegex(@"\p{L}+")]
    private static partial Regex Word();

    // A full stop behind a word of some length ends a sentence; one behind Fig, Exper or a number does not.
    [GeneratedRegex(@"(?<=[a-z]{2}[.?!](?<!Fig\.|Exper\.|Obs\.|Prop\.|Qu\.)) (?=[A-Z])")]
    private static partial Regex SentenceEnd();
}

/// <param name="Text">The sentences.</param>
/// <param name="Source">Where they stand.</param>
/// <param name="Line">The line of the file that the passage begins on.</param>
internal sealed record Quote(string Text, string Source, int Line);
