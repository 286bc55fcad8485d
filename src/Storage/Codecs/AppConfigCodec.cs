using System.Text.Json;
using System.Text.Json.Serialization;
using InterCluster.Core.Apps;

namespace InterCluster.Storage.Codecs;

/// <summary>
/// An app's configuration as JSON. What this version does not know is ignored and what is missing has its default, so revisions outlive
/// the servers that wrote them.
/// </summary>
internal static class AppConfigCodec
{
    private static readonly JsonSerializerOptions Options = new()
    {
        IgnoreReadOnlyProperties = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter() },
    };

    public static string Encode(AppConfig config) => JsonSerializer.Serialize(config, Options);

    public static AppConfig Decode(string json) =>
        JsonSerializer.Deserialize<AppConfig>(json, Options) ?? throw new InvalidDataException("A stored revision holds no configuration.");
}
