namespace InterCluster.Api.Deploy;

/// <summary>
/// Looks how deep a TOML text nests, and how much there is of it, before any parser recurses into it: a stack that overflows takes the whole process with it (RELIABILITY I32).
/// It knows strings and comments, and refuses at once what would let the two disagree on where a string ends.
/// </summary>
internal ref struct TomlDepth
{
    public const int Max = 64;

    // Far over what an app's file needs. The parser takes a time that grows with the square of the keys: 20 000 took it seconds.
    public const int MaxKeys = 2000;

    private readonly ReadOnlySpan<char> _text;
    private int _at;
    private int _depth;
    private int _dots;
    private int _keys;

    private TomlDepth(ReadOnlySpan<char> text) => _text = text;

    /// <summary>Null when the text is shallow enough; else what is wrong.</summary>
    public static string? Check(ReadOnlySpan<char> text) => new TomlDepth(text).Scan();

    private string? Scan()
    {
        while (_at < _text.Length)
        {
            char c = _text[_at];
            if (c is '"' or '\'')
            {
                if (!SkipString(c))
                {
                    return "A text has no end, or goes over the end of its line.";
                }

                continue;
            }

            if (c == '#')
            {
                SkipComment();
                continue;
            }

            Count(c);
            if (_depth > Max || _dots > Max)
            {
                return $"The file nests deeper than {Max} levels.";
            }

            if (_keys > MaxKeys)
            {
                return $"The file has more than {MaxKeys} keys and tables.";
            }

            _at++;
        }

        return null;
    }

    private void Count(char c)
    {
        switch (c)
        {
            case '[' or '{':
                _depth++;
                _keys++;
                _dots = 0;
                break;
            case ']' or '}':
                _depth = Math.Max(0, _depth - 1);
                _dots = 0;
                break;
            case '.':
                _dots++;
                break;
            case '=':
                _keys++;
                _dots = 0;
                break;
            case '\n' or ',':
                _dots = 0;
                break;
        }
    }

    private void SkipComment()
    {
        int end = _text[_at..].IndexOf('\n');
        _at = end < 0 ? _text.Length : _at + end;
    }

    private bool SkipString(char quote)
    {
        bool multiLine = _text[_at..].StartsWith(quote == '"' ? "\"\"\"" : "'''");
        _at += multiLine ? 3 : 1;
        while (_at < _text.Length)
        {
            char c = _text[_at];
            if (c == quote && !multiLine)
            {
                _at++;
                return true;
            }

            if (c == quote && _text[_at..].StartsWith(quote == '"' ? "\"\"\"" : "'''"))
            {
                // Up to two quotes may stand right before the three that end it.
                int run = _text[_at..].IndexOfAnyExcept(quote) is var n and >= 0 ? n : _text.Length - _at;
                _at += Math.Min(run, 5);
                return true;
            }

            if (c == '\n' && !multiLine)
            {
                return false;
            }

            _at += c == '\\' && quote == '"' ? 2 : 1;
        }

        return false;
    }
}
