using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using InterCluster.Core.Wire;

namespace InterCluster.Cli.Calls;

/// <summary>An app's answer as one JSON document, for scripts: status, headers, and the body as JSON, text or base64.</summary>
internal static class AnswerJson
{
    public static async Task<JsonObject> ReadAsync(HttpResponseMessage response, CancellationToken ct)
    {
        var headers = new JsonObject();
        foreach ((string name, IEnumerable<string> values) in response.Headers.Concat(response.Content.Headers))
        {
            headers[name.ToLowerInvariant()] = string.Join(", ", values);
        }

        var answer = new JsonObject { ["status"] = (int)response.StatusCode, ["headers"] = headers };
        if (response.Headers.TryGetValues(WireHeaders.RequestId, out IEnumerable<string>? run))
        {
            answer["run_id"] = run.First();
        }

        AddBody(answer, await response.Content.ReadAsByteArrayAsync(ct), response.Content.Headers.ContentType?.MediaType);
        return answer;
    }

    public static JsonElement ToElement(JsonNode node) => JsonSerializer.SerializeToElement(node);

    private static void AddBody(JsonObject answer, byte[] body, string? type)
    {
        bool json = type is not null && (type.EndsWith("/json", StringComparison.Ordinal) || type.EndsWith("+json", StringComparison.Ordinal));
        if (json && TryParse(body, out JsonNode? node))
        {
            answer["body"] = node;
        }
        else if (TryDecode(body, out string? text))
        {
            answer["body"] = text;
        }
        else
        {
            answer["body_base64"] = Convert.ToBase64String(body);
        }
    }

    private static bool TryParse(byte[] body, out JsonNode? node)
    {
        node = null;
        try
        {
            node = JsonNode.Parse(body);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool TryDecode(byte[] body, out string? text)
    {
        text = null;
        try
        {
            text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(body);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }
}
