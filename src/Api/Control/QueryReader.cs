using System.Globalization;
using InterCluster.Api.Problems;
using InterCluster.Api.Runs;
using InterCluster.Core.Naming;
using InterCluster.Core.Requests;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace InterCluster.Api.Control;

/// <summary>Reads a query strictly: unknown, repeated and malformed parameters are all named at once.</summary>
internal sealed class QueryReader
{
    private readonly HttpContext _context;
    private readonly List<string> _errors = [];

    public QueryReader(HttpContext context, params string[] known)
    {
        _context = context;
        foreach ((string name, StringValues values) in context.Request.Query)
        {
            if (!known.Contains(name, StringComparer.Ordinal))
            {
                _errors.Add($"{name}: unknown parameter; known: {(known.Length == 0 ? "none" : string.Join(", ", known))}.");
            }
            else if (values.Count > 1)
            {
                _errors.Add($"{name}: given more than once.");
            }
        }
    }

    public string? Text(string name) => _context.Request.Query.TryGetValue(name, out StringValues values) && values.Count == 1 ? values[0] : null;

    public int? Whole(string name, int min, int max)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= min && value <= max)
        {
            return value;
        }

        _errors.Add($"{name}: must be a whole number from {min} to {max}.");
        return null;
    }

    public bool Switch(string name)
    {
        string? text = Text(name);
        if (text is not (null or "true" or "false"))
        {
            _errors.Add($"{name}: must be true or false.");
        }

        return text == "true";
    }

    /// <summary>A value of an enumeration by its lower-case name.</summary>
    public T? Word<T>(string name)
        where T : struct, Enum
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        foreach (T value in Enum.GetValues<T>())
        {
            if (string.Equals(text, value.ToString().ToLowerInvariant(), StringComparison.Ordinal))
            {
                return value;
            }
        }

        _errors.Add($"{name}: must be one of {string.Join(", ", Enum.GetNames<T>()).ToLowerInvariant()}.");
        return null;
    }

    public RunId? Run(string name)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        if (RunId.TryParse(text, out RunId id))
        {
            return id;
        }

        _errors.Add($"{name}: not a run's id.");
        return null;
    }

    /// <summary>What a cursor of the project's own pages points at.</summary>
    public RunId? Cursor(string name, string project)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        if (RunCursor.Read(text, project, out RunId last) == CursorCheck.Valid)
        {
            return last;
        }

        NoCursor(name);
        return null;
    }

    /// <summary>What a cursor of the project's own request log points at.</summary>
    public RequestPlace? RequestCursor(string name, string project)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        RequestPlace? last = Requests.RequestCursor.Read(text, project);
        if (last is null)
        {
            NoCursor(name);
        }

        return last;
    }

    public DateTimeOffset? Time(string name)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        // A '+' of an offset that was not escaped arrives as a space.
        if (WireDuration.TryParseInstant(text.Replace(' ', '+'), out DateTimeOffset value))
        {
            return value;
        }

        _errors.Add($"{name}: must be a time such as 2026-05-01T12:00:00Z.");
        return null;
    }

    /// <summary>True when all is well; else it has answered 400.</summary>
    public async ValueTask<bool> IsValidAsync()
    {
        if (_errors.Count == 0)
        {
            return true;
        }

        await Problem.WriteAsync(
            _context, StatusCodes.Status400BadRequest, ProblemCodes.InvalidRequest, _errors[0], errors: _errors.Count > 1 ? _errors : null);
        return false;
    }

    private void NoCursor(string name) => _errors.Add($"{name}: must be the next_cursor of an earlier page.");
}
