using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using InterCluster.Api.Tests.Gateway;
using InterCluster.Api.Tests.Runs;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;

namespace InterCluster.Api.Tests.Batches;

/// <summary>Batches over real HTTP on a real store.</summary>
internal static class BatchApi
{
    public const string Project = $"/api/v1/projects/{GatewayHost.Project}";
    public const string Submit = $"{Project}/apps/app/functions/work/batches";

    public static HttpRequestMessage Request(HttpContent content, string? key = null, string path = Submit, string type = "application/x-ndjson")
    {
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        return request;
    }

    public static async Task<HttpResponseMessage> PostAsync(this RunApi api, string lines, string? key = null)
    {
        using HttpRequestMessage request = Request(new StringContent(lines), key);
        return await api.Client.SendAsync(request);
    }

    public static async Task<BatchAcceptedView> AcceptAsync(this RunApi api, string lines, string? key = null)
    {
        using HttpResponseMessage response = await api.PostAsync(lines, key);
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.Accepted, text);
        return JsonSerializer.Deserialize<BatchAcceptedView>(text, WireJson.Options)!;
    }

    public static async Task<BatchView> BatchAsync(this RunApi api, string id) =>
        (await api.Client.GetFromJsonAsync<BatchView>($"{Project}/batches/{id}", WireJson.Options))!;

    public static async Task<List<JsonElement>> ResultsAsync(this RunApi api, string id, string query = "") =>
        [.. (await api.Client.GetStringAsync($"{Project}/batches/{id}/results{query}"))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonElement.Parse(l))];

    /// <summary>Claims the next runs and answers each.</summary>
    public static async Task<int> WorkAsync(this RunApi api, int limit, Func<ClaimedRun, RunResponse> answer)
    {
        var function = new FunctionId(new AppId(GatewayHost.Project, "app"), "work");
        IReadOnlyList<ClaimedRun> runs = await api.Store.ClaimNextAsync(function, limit, "worker", TimeSpan.FromMinutes(1), default);
        IReadOnlyList<bool> settled = await api.Store.SettleAsync(
            [.. runs.Select(r => answer(r) is { Status: < 400 } good
                ? Settlement.Succeeded(r.Id, r.Lease, good) : Settlement.Dead(r.Id, r.Lease, RunErrors.FunctionError, answer(r)))],
            default);
        Assert.DoesNotContain(false, settled);
        return runs.Count;
    }

    public static RunResponse Echo(ClaimedRun run) =>
        new(200, [new("Content-Type", run.Request.Headers.First(h => h.Name == "Content-Type").Value)], run.Request.Body);

    public static string Lines(int count, int from = 1) =>
        new StringBuilder().AppendJoin('\n', Enumerable.Range(from, count).Select(i => $"{{\"body\":{{\"n\":{i}}}}}")).Append('\n').ToString();
}
