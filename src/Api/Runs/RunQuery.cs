using System.Globalization;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace InterCluster.Api.Runs;

/// <summary>Reads the query of a run endpoint. Every parameter is known, comes once, and is well formed, or the answer is 400.</summary>
internal sealed class RunQuery
{
    public const int MaxLimit = 1000;
    public const int DefaultLimit = 50;
    public static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(60);

    private readonly IQueryCollection _query;
    private readonly List<string> _errors = [];

    private RunQuery(IQueryCollection query, ReadOnlySpan<string> known)
    {
        _query = query;
        foreach ((string name, StringValues values) in query)
        {
            if (!known.Contains(name))
            {
                _errors.Add($"Unknown parameter '{Shorten(name)}'.");
            }
            else if (values.Count > 1)
            {
                _errors.Add($"'{name}' may be given once.");
            }
        }
    }

    /// <summary>Every mistake; empty when there is none.</summary>
    public IReadOnlyList<string> Errors => _errors;

    /// <summary>Starts to read: only the named parameters are known. Names are case-sensitive.</summary>
    public static RunQuery Of(HttpContext context, params ReadOnlySpan<string> known) => new(context.Request.Query, known);

    /// <summary><c>wait=30s</c>; zero without it.</summary>
    public TimeSpan Wait()
    {
        TimeSpan wait = TimeSpan.Zero;
        if (Text("wait") is { } text && (!WireDuration.TryParse(text, out wait) || wait > MaxWait))
        {
            _errors.Add($"'wait' must be a duration like 30s, at most {MaxWait.TotalSeconds:0}s.");
        }

        return wait;
    }

    /// <summary>The filter of a list.</summary>
    public RunFilter Filter(string project) => new(
        project,
        Name("app", text => Names.IsApp(text)),
        Name("function", text => Names.IsFunction(text)),
        State(),
        Instant("from"),
        Instant("to"))
    {
        Batch = Batch(),
        Tag = Tag(),
    };

    /// <summary><c>limit=100</c>.</summary>
    public int Limit() => Number("limit", DefaultLimit, MaxLimit);

    /// <summary>A number from 1 to <paramref name="most"/>.</summary>
    public int Number(string name, int fallback, int most) => (int)Whole(name, fallback, 1, most);

    /// <summary>A whole number of a range.</summary>
    public long Whole(string name, long fallback, long least, long most)
    {
        if (Text(name) is not { } text)
        {
            return fallback;
        }

        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number >= least && number <= most)
        {
            return number;
        }

        _errors.Add($"'{name}' must be a number from {least} to {most}.");
        return fallback;
    }

    /// <summary><c>true</c> or <c>false</c>; false without it.</summary>
    public bool Switch(string name)
    {
        string? text = Text(name);
        Require(text is null or "true" or "false", $"'{name}' must be true or false.");
        return text == "true";
    }

    /// <summary>A rule of the endpoint's own.</summary>
    public void Require(bool holds, string error)
    {
        if (!holds)
        {
            _errors.Add(error);
        }
    }

    /// <summary><c>cursor=…</c>: the run to go on after. A cursor that another project was given is told apart.</summary>
    public RunId? Cursor(string project, out bool foreign)
    {
        foreign = false;
        if (Text("cursor") is not { } text)
        {
            return null;
        }

        CursorCheck check = RunCursor.Read(text, project, out RunId last);
        foreign = check == CursorCheck.Foreign;
        if (check == CursorCheck.Malformed)
        {
            _errors.Add("'cursor' must be the next_cursor of an earlier page.");
        }

        return last;
    }

    private string? Text(string name) => _query.TryGetValue(name, out StringValues values) ? values.ToString() : null;

    private string? Name(string name, Func<string, bool> isValid)
    {
        string? text = Text(name);
        if (text is not null && !isValid(text))
        {
            _errors.Add($"'{name}' is not a valid name.");
        }

        return text;
    }

    private BatchId? Batch()
    {
        if (Text("batch") is not { } text)
        {
            return null;
        }

        Require(BatchId.TryParse(text, out BatchId batch), "'batch' is not a UUID.");
        return batch;
    }

    private string? Tag()
    {
        string? tag = Text("tag");
        Require(tag is null || RunWords.IsTag(tag), $"'tag' must be {RunWords.Tags}.");
        return tag;
    }

    /// <summary><c>state=…</c>.</summary>
    public RunState? State()
    {
        if (Text("state") is not { } text)
        {
            return null;
        }

        foreach (RunState state in Enum.GetValues<RunState>())
        {
            if (text.Equals(state.ToString().ToLowerInvariant(), StringComparison.Ordinal))
            {
                return state;
            }
        }

        _errors.Add($"'state' must be one of {string.Join(", ", Enum.GetNames<RunState>()).ToLowerInvariant()}.");
        return null;
    }

    private DateTimeOffset? Instant(string name)
    {
        // A '+' of an offset that was not escaped arrives as a space.
        if (Text(name) is not { } text)
        {
            return null;
        }

        if (WireDuration.TryParseInstant(text.Replace(' ', '+'), out DateTimeOffset instant))
        {
            return instant;
        }

        _errors.Add($"'{name}' must be an RFC 3339 time with an offset.");
        return null;
    }

    private static string Shorten(string name) => name.Length <= 64 ? name : name[..64];
}
