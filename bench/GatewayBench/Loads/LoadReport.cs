using System.Text.Json;

namespace InterCluster.Bench.Gateway.Loads;

/// <summary>What a load generator prints as its last line.</summary>
internal sealed record LoadReport(long Requests, long Micros, double P50Micros, double P99Micros, long Errors)
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static LoadReport Parse(string output) =>
        JsonSerializer.Deserialize<LoadReport>(output.AsSpan().TrimEnd()[(output.AsSpan().TrimEnd().LastIndexOf('\n') + 1)..], Json)
        ?? throw new InvalidOperationException($"no report in: {output}");

    public string ToLine() => JsonSerializer.Serialize(this, Json);
}
