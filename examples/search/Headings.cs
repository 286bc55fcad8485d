using System.Globalization;
using System.Text.RegularExpressions;

namespace Examples.Search;

/// <summary>Where in the book the reader is: four levels of heading, each of which ends those below it.</summary>
internal sealed partial class Headings
{
    private const int Levels = 4;

    private readonly string[] _current = ["", "", "", ""];

    public string Section => string.Join(", ", _current.Where(heading => heading.Length > 0));

    /// <summary>Takes note of a paragraph's heading, whether it is the whole paragraph or the beginning of it.</summary>
    public void Read(string paragraph)
    {
        Match heading = Pattern().Match(paragraph);
        for (int level = 0; heading.Success && level < Levels; level++)
        {
            if (heading.Groups[level + 1].Success)
            {
                _current[level] = Tidy(heading.Groups[level + 1].Value);
                Array.Fill(_current, "", level + 1, Levels - level - 1);
            }
        }
    }

    private static string Tidy(string heading)
    {
        string words = CultureInfo.InvariantCulture.TextInfo.ToTitleCase(heading.ToLowerInvariant());
        return RomanNumeral().Replace(words, match => match.Value.ToUpperInvariant());
    }

    /// <summary>Groups by level: book, part, proposition, and what proves it.</summary>
    [GeneratedRegex(
        @"^(?:(?:THE )?((?:FIRST|SECOND|THIRD) BOOK)|(PART [IVX]+)|((?:PROP|DEFIN|AX)\. [IVX]+)|((?:Exper|Obs|Query|Quest|Qu)\. ?\d+|Query \d+))")]
    private static partial Regex Pattern();

    [GeneratedRegex(@"(?<=(?:Part|Prop\.|Defin\.|Ax\.) )[IVXivx]+")]
    private static partial Regex RomanNumeral();
}
