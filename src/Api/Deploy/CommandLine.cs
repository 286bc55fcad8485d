using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace InterCluster.Api.Deploy;

/// <summary>
/// Splits one text into arguments by the quoting rules of the POSIX shell (XCU 2.2): single quotes, double quotes, backslashes. Nothing is expanded,
/// nothing is run by a shell: <c>$HOME</c>, <c>;</c> and <c>|</c> are ordinary characters.
/// </summary>
internal static class CommandLine
{
    public static bool TrySplit(string text, [NotNullWhen(true)] out List<string>? arguments)
    {
        arguments = [];
        var word = new StringBuilder();
        bool inWord = false;
        for (int at = 0; at < text.Length; at++)
        {
            char c = text[at];
            if (c is ' ' or '\t' or '\n' or '\r')
            {
                EndWord(arguments, word, ref inWord);
                continue;
            }

            bool continued = c == '\\' && at + 1 < text.Length && text[at + 1] == '\n';
            inWord |= !continued;
            if (!TryTake(text, ref at, word))
            {
                arguments = null;
                return false;
            }
        }

        EndWord(arguments, word, ref inWord);
        return true;
    }

    /// <summary>Takes a character, an escaped one or a quoted part; false when a quote or an escape has no end.</summary>
    private static bool TryTake(string text, ref int at, StringBuilder word)
    {
        switch (text[at])
        {
            case '\'':
                return TryTakeSingle(text, ref at, word);
            case '"':
                return TryTakeDouble(text, ref at, word);
            case '\\':
                return TryTakeEscaped(text, ref at, word);
            default:
                word.Append(text[at]);
                return true;
        }
    }

    private static bool TryTakeSingle(string text, ref int at, StringBuilder word)
    {
        int end = text.IndexOf('\'', at + 1);
        if (end < 0)
        {
            return false;
        }

        word.Append(text, at + 1, end - at - 1);
        at = end;
        return true;
    }

    private static bool TryTakeDouble(string text, ref int at, StringBuilder word)
    {
        for (at++; at < text.Length; at++)
        {
            switch (text[at])
            {
                case '"':
                    return true;
                // Within double quotes a backslash escapes these only, and is itself before anything else.
                case '\\' when at + 1 < text.Length && text[at + 1] is '$' or '`' or '"' or '\\' or '\n':
                    if (!TryTakeEscaped(text, ref at, word))
                    {
                        return false;
                    }

                    break;
                default:
                    word.Append(text[at]);
                    break;
            }
        }

        return false;
    }

    private static bool TryTakeEscaped(string text, ref int at, StringBuilder word)
    {
        if (++at >= text.Length)
        {
            return false;
        }

        // A backslash before the end of a line joins the two lines.
        if (text[at] != '\n')
        {
            word.Append(text[at]);
        }

        return true;
    }

    private static void EndWord(List<string> arguments, StringBuilder word, ref bool inWord)
    {
        if (inWord)
        {
            arguments.Add(word.ToString());
            word.Clear();
            inWord = false;
        }
    }
}
