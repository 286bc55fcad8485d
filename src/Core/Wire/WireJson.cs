using System.Text.Json;
using System.Text.Json.Serialization;

namespace InterCluster.Core.Wire;

/// <summary>How the run and control API is written: snake_case names, enums as lower-case words, absent instead of null.</summary>
public static class WireJson
{
    /// <summary>The options of every body of the API.</summary>
    public static readonly JsonSerializerOptions Options = Make();

    /// <summary>Applies the same rules to options that the framework owns.</summary>
    public static void Apply(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
        options.DictionaryKeyPolicy = null;
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.AllowDuplicateProperties = false;
        options.MaxDepth = 64;
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false));
    }

    private static JsonSerializerOptions Make()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web);
        Apply(options);
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
