using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace InterCluster.Api.Deploy;

/// <summary>JSON as plain dictionaries, lists, texts, numbers and booleans.</summary>
internal static class JsonText
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = TomlDepth.Max, AllowDuplicateProperties = false };

    public static bool TryParse(string text, [NotNullWhen(true)] out Dictionary<string, object?>? root, [NotNullWhen(false)] out string? error)
    {
        root = null;
        error = null;
        try
        {
            using var document = JsonDocument.Parse(text, Options);
            root = Plain(document.RootElement) as Dictionary<string, object?>;
            error = root is null ? "Not an app's file: the JSON is not an object." : null;
        }
        catch (JsonException e)
        {
            error = $"Not JSON: {e.Message}";
        }
        catch (InvalidOperationException)
        {
            error = "Not JSON: a text holds half of a surrogate pair.";
        }

        return error is null;
    }

    private static object? Plain(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().ToDictionary(p => p.Name, p => Plain(p.Value), StringComparer.Ordinal),
        JsonValueKind.Array => value.EnumerateArray().Select(Plain).ToList(),
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number => value.TryGetInt64(out long whole) ? (object)whole : value.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };
}
