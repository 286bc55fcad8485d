using System.Text.Json;

namespace InterCluster.Cli.Connection;

/// <summary>An answer of the API: read, and as it came (for <c>--json</c>, which loses no field that this version does not know).</summary>
internal sealed record ApiAnswer<T>(T Value, JsonElement Json);
