using System.Buffers;
using System.Globalization;
using System.Text;

namespace InterCluster.Cli.Terminal;

/// <summary>
/// Makes text from outside harmless on a terminal: what could move the cursor, change colours, set the clipboard or turn the
/// reading direction is shown as <c>\u001B</c> instead of being obeyed.
/// </summary>
internal static class SafeText
{
    private static readonly SearchValues<char> Dangerous = SearchValues.Create(DangerousChars());

    /// <summary>One line: line ends and tabs are shown too, so a value cannot pretend to be another row.</summary>
    public static string Line(string text) => Escape(text, keepLines: false);

    /// <summary>Text of many lines: line feeds and tabs stay.</summary>
    public static string Block(string text) => Escape(text, keepLines: true);

    private static string Escape(ReadOnlySpan<char> text, bool keepLines)
    {
        if (!text.ContainsAny(Dangerous))
        {
            return text.ToString();
        }

        var safe = new StringBuilder(text.Length + 16);
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            bool lineEnd = c is '\n' or '\t' || (c is '\r' && i + 1 < text.Length && text[i + 1] is '\n');
            if (!Dangerous.Contains(c) || (keepLines && lineEnd))
            {
                safe.Append(c);
            }
            else
            {
                safe.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}");
            }
        }

        return safe.ToString();
    }

    private static char[] DangerousChars() =>
        [.. Enumerable.Range(0, char.MaxValue).Select(i => (char)i).Where(c => char.IsControl(c) || TurnsDirection(c))];

    /// <summary>Bidirectional controls and the two Unicode line ends.</summary>
    private static bool TurnsDirection(char c) =>
        c is '\u061C' or '\u200E' or '\u200F' or (>= '\u2028' and <= '\u202E') or (>= '\u2066' and <= '\u2069');
}
