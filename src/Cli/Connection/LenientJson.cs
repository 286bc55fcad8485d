using System.Text.Json;
using System.Text.Json.Serialization;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Connection;

/// <summary>Reads the wire's JSON and skips what this version does not know: a server may be newer than this command.</summary>
internal static class LenientJson
{
    private static readonly JsonSerializerOptions Options = new(WireJson.Options) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip };

    public static T Read<T>(JsonElement json) => json.Deserialize<T>(Options) ?? throw new JsonException("null where a value belongs");

    public static JsonElement Write<T>(T value) => JsonSerializer.SerializeToElement(value, Options);
}
