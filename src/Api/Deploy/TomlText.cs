using System.Diagnostics.CodeAnalysis;
using Tomlyn;
using Tomlyn.Model;

namespace InterCluster.Api.Deploy;

/// <summary>TOML as plain dictionaries, lists, texts, numbers and booleans.</summary>
internal static class TomlText
{
    private static readonly TomlSerializerOptions Options = new() { MaxDepth = TomlDepth.Max };

    public static bool TryParse(string text, [NotNullWhen(true)] out Dictionary<string, object?>? root, [NotNullWhen(false)] out string? error)
    {
        root = null;
        error = TomlDepth.Check(text);
        if (error is not null)
        {
            return false;
        }

        try
        {
            root = Plain(TomlSerializer.Deserialize<TomlTable>(text, Options) ?? []);
            return true;
        }
        catch (TomlException e)
        {
            error = $"Not TOML: {e.Message}";
            return false;
        }
    }

    private static Dictionary<string, object?> Plain(TomlTable table) => table.ToDictionary(p => p.Key, p => Plain(p.Value), StringComparer.Ordinal);

    private static object? Plain(object? value) => value switch
    {
        TomlTable table => Plain(table),
        TomlArray array => array.Select(Plain).ToList(),
        TomlTableArray tables => tables.Select(t => (object?)Plain(t)).ToList(),
        _ => value,
    };
}
