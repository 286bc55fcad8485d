using System.Text.Json.Nodes;

namespace Examples.Answer;

/// <summary>Calls the app <c>search</c> of the same project through the gateway.</summary>
internal sealed class SearchClient(HttpClient http, Surroundings surroundings)
{
    /// <param name="q">What to look for.</param>
    /// <param name="limit">Passages at most.</param>
    /// <param name="requestId">The id of the call that this one is made for; the gateway notes it as the parent.</param>
    /// <param name="ct">Ends the call.</param>
    public async Task<SearchResult> QueryAsync(string? q, int limit, string? requestId, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, surroundings.Function("search", "query"))
        {
            Content = JsonContent.Create(new { q, limit }),
        };
        request.Headers.TryAddWithoutValidation("X-Request-Id", requestId);

        try
        {
            using HttpResponseMessage response = await http.SendAsync(request, ct);
            return response.IsSuccessStatusCode
                ? new SearchResult((await response.Content.ReadFromJsonAsync<Found>(ct))!.Hits, (int)response.StatusCode, null)
                : new SearchResult(null, (int)response.StatusCode, await DetailAsync(response, ct));
        }
        catch (HttpRequestException e)
        {
            return new SearchResult(null, 502, e.Message);
        }
    }

    private static async Task<string?> DetailAsync(HttpResponseMessage response, CancellationToken ct) =>
        response.Content.Headers.ContentType?.MediaType == "application/problem+json"
            ? (string?)(await response.Content.ReadFromJsonAsync<JsonObject>(ct))?["detail"]
            : response.ReasonPhrase;

    private sealed record Found(IReadOnlyList<Hit> Hits);
}
