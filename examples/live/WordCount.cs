using System.Text.RegularExpressions;

namespace Examples.Live;

/// <summary>Counts the words of the lines it is given.</summary>
internal sealed partial class WordCount
{
    private const int Top = 5;
    private const int ShortestForTop = 4;

    private readonly Dictionary<string, int> _times = new(StringComparer.OrdinalIgnoreCase);
    private int _lines;
    private int _words;

    public void Add(string line)
    {
        _lines++;
        foreach (Match word in Word().Matches(line))
        {
            _words++;
            _times[word.Value] = _times.GetValueOrDefault(word.Value) + 1;
        }
    }

    public Statistics Now() => new(
        _lines, _words, _times.Count,
        [.. _times.Where(word => word.Key.Length >= ShortestForTop)
            .OrderByDescending(word => word.Value).ThenBy(word => word.Key, StringComparer.Ordinal)
            .Take(Top).Select(word => new WordTimes(word.Key.ToLowerInvariant(), word.Value))]);

    [GeneratedRegex(@"\p{L}+(?:['-]\p{L}+)*")]
    private static partial Regex Word();
}

/// <param name="Lines">Lines so far.</param>
/// <param name="Words">Words in them.</param>
/// <param name="Distinct">Different ones.</param>
/// <param name="Top">The most common ones of four letters or more.</param>
internal sealed record Statistics(int Lines, int Words, int Distinct, IReadOnlyList<WordTimes> Top);

internal sealed record WordTimes(string Word, int Times);
