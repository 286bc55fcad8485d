using System.Buffers;
using System.Text.Json;
using InterCluster.Api.Forwarding;
using InterCluster.Core.Runs;

namespace InterCluster.Api.Batches;

/// <summary>The headers of the runs of a batch: ours, the line's own, and the media type of its body. Lines without own ones share a list.</summary>
internal sealed class LineHeaders(IReadOnlyList<StoredHeader> ours)
{
    private const int MaxHeaders = 100;
    private const int MaxCharacters = 32 * 1024;
    private const string ContentType = "Content-Type";

    // RFC 9110, 5.6.2.
    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    private readonly IReadOnlyList<StoredHeader>[] _shared =
        [ours, [.. ours, new(ContentType, "application/json")], [.. ours, new(ContentType, "text/plain; charset=utf-8")], [.. ours, new(ContentType, "application/octet-stream")]];

    /// <summary>All headers of a run.</summary>
    public IReadOnlyList<StoredHeader> With(IReadOnlyList<StoredHeader>? own, BodyKind kind)
    {
        if (own is null)
        {
            return _shared[(int)kind];
        }

        bool typed = own.Any(h => h.Name.Equals(ContentType, StringComparison.OrdinalIgnoreCase));
        return [.. _shared[(int)(typed ? BodyKind.None : kind)], .. own];
    }

    /// <summary>Reads the field <c>headers</c>, whose values are texts or lists of texts; what is wrong with it, or null.</summary>
    public static string? Read(ref Utf8JsonReader reader, out IReadOnlyList<StoredHeader>? own)
    {
        own = null;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return "headers must be an object.";
        }

        var headers = new List<StoredHeader>();
        string? wrong = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            string? found = ReadValues(ref reader, name, headers);
            reader.Skip();
            wrong ??= found;
        }

        own = headers;
        return wrong ?? (headers.Count > MaxHeaders || headers.Sum(h => h.Name.Length + h.Value.Length) > MaxCharacters
            ? $"headers may be {MaxHeaders}, with {MaxCharacters} characters." : null);
    }

    private static string? ReadValues(ref Utf8JsonReader reader, string name, List<StoredHeader> headers)
    {
        string shown = name.Length <= 64 && !name.Any(char.IsControl) ? name : "?";
        if (!IsAllowed(name))
        {
            return $"headers: '{shown}' is not a header that a line can set.";
        }

        if (reader.TokenType == JsonTokenType.String)
        {
            return Add(headers, name, reader.GetString()!) ? null : $"headers: the value of '{shown}' is not visible ASCII.";
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return $"headers: the value of '{shown}' is neither a text nor a list of texts.";
        }

        string? wrong = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            bool ok = reader.TokenType == JsonTokenType.String && headers.Count <= MaxHeaders && Add(headers, name, reader.GetString()!);
            reader.Skip();
            wrong ??= ok ? null : $"headers: the values of '{shown}' are not all visible ASCII.";
        }

        return wrong;
    }

    private static bool Add(List<StoredHeader> headers, string name, string value)
    {
        headers.Add(new StoredHeader(name, value));
        return !value.AsSpan().ContainsAnyExceptInRange(' ', '~') && !value.StartsWith(' ') && !value.EndsWith(' ');
    }

    // As the gateway would drop them from a call; Authorization is our own there too.
    private static bool IsAllowed(string name) =>
        name.Length is > 0 and <= 256 && !name.AsSpan().ContainsAnyExcept(NameCharacters) && !HeaderRules.IsDroppedFromRequest(name)
        && !name.Equals("Authorization", StringComparison.OrdinalIgnoreCase) && !name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase)
        && !name.Equals("Trailer", StringComparison.OrdinalIgnoreCase) && !name.Equals("Prefer", StringComparison.OrdinalIgnoreCase)
        && !name.Equals(Core.Wire.WireHeaders.IdempotencyKey, StringComparison.OrdinalIgnoreCase);
}
