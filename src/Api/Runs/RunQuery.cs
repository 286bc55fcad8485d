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
        Instant("to"));

    /// <summary><c>limit=100</c>.</summary>
    public int Limit()
    {
        int limit = DefaultLimit;
        if (Text("limit") is { } text
            && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit is < 1 or > MaxLimit))
        {
            _errors.Add($"'limit' must be a number from 1 to {MaxLimit}.");
        }

        return limit;
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

    private RunState? State()
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
