using System.Net;
using System.Text.Json;
using InterCluster.Api.Tests.Runs;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;

namespace InterCluster.Api.Tests.Batches;

public sealed class BatchReadTests
{
    [Fact]
    public async Task Results_are_the_runs_in_the_order_of_the_lines_with_their_answers()
    {
        await using RunApi api = await RunApi.StartAsync();
        string id = (await api.AcceptAsync("""
            {"body":{"a" : 1},"tag":"one"}
            bad
            {"body_text":"two\nlines"}
            {"body_base64":"/w=="}
            {"body":1,"delay":"1h"}
            """)).BatchId;
        await api.WorkAsync(10, BatchApi.Echo);

        List<JsonElement> results = await api.ResultsAsync(id);

        Assert.Equal([1, 3, 4, 5], results.Select(r => r.GetProperty("line").GetInt32()));
        Assert.Equal(["succeeded", "succeeded", "succeeded", "scheduled"], results.Select(r => r.GetProperty("state").GetString()));
        Assert.Equal(("{\"a\" : 1}", 200, "one"), (results[0].GetProperty("body").GetRawText(), results[0].GetProperty("status").GetInt32(), results[0].GetProperty("tag").GetString()));
        Assert.Equal("application/json", results[0].GetProperty("headers").GetProperty("Content-Type").GetString());
        Assert.Equal("two\nlines", results[1].GetProperty("body_text").GetString());
        Assert.Equal("/w==", results[2].GetProperty("body_base64").GetString());
        Assert.False(results[3].TryGetProperty("status", out _));
        Assert.Equal([4, 5], (await api.ResultsAsync(id, "?after=3")).Select(r => r.GetProperty("line").GetInt32()));
        Assert.Equal([5], (await api.ResultsAsync(id, "?state=scheduled")).Select(r => r.GetProperty("line").GetInt32()));
        Assert.Empty(await api.ResultsAsync(id, "?after=5"));
    }

    [Theory]
    [InlineData("{\n \"a\": [1,\r\n2] }", true)]
    [InlineData("{\"a\":", false)]
    [InlineData("{} {}", false)]
    [InlineData(" ", false)]
    public async Task An_answer_that_says_it_is_json_breaks_no_line_whatever_it_is(string body, bool isJson)
    {
        await using RunApi api = await RunApi.StartAsync();
        string id = (await api.AcceptAsync("{}\n{}\n")).BatchId;
        await api.WorkAsync(10, _ => new RunResponse(200, [new("Content-Type", "application/problem+json; charset=utf-8")], System.Text.Encoding.UTF8.GetBytes(body)));

        List<JsonElement> results = await api.ResultsAsync(id);

        Assert.Equal(2, results.Count);
        Assert.All(results, r => Assert.Equal(isJson, r.TryGetProperty("body", out _)));
        Assert.All(results, r => Assert.Equal(!isJson, r.TryGetProperty("body_text", out _)));
    }

    [Fact]
    public async Task Results_that_are_followed_come_as_the_runs_end_and_end_with_the_batch()
    {
        await using RunApi api = await RunApi.StartAsync();
        string id = (await api.AcceptAsync(BatchApi.Lines(600))).BatchId;
        await api.WorkAsync(300, BatchApi.Echo);
        using HttpResponseMessage response = await api.Client.GetAsync($"{BatchApi.Project}/batches/{id}/results?follow=true", HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        for (int line = 1; line <= 300; line++)
        {
            Assert.StartsWith($"{{\"line\":{line},", await reader.ReadLineAsync());
        }

        Task<string?> next = reader.ReadLineAsync();
        await api.WorkAsync(1000, BatchApi.Echo);

        Assert.StartsWith("{\"line\":301,", await next.WaitAsync(TimeSpan.FromSeconds(10)));
        string rest = await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(299, rest.Count(c => c == '\n'));
    }

    [Fact]
    public async Task Events_tell_the_progress_and_end_when_the_batch_is_done()
    {
        await using RunApi api = await RunApi.StartAsync();
        string id = (await api.AcceptAsync(BatchApi.Lines(3))).BatchId;
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{BatchApi.Project}/batches/{id}/events");
        request.Headers.Add("Last-Event-ID", "17");
        using HttpResponseMessage response = await api.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Equal("event: progress", await reader.ReadLineAsync());
        Assert.Equal(3, View(await reader.ReadLineAsync()).Counts.Queued);

        await api.WorkAsync(2, BatchApi.Echo);
        await api.WorkAsync(1, _ => new RunResponse(500, [], default));
        string rest = await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(10));

        BatchView done = View(rest.Split("event: done\n")[1].Split('\n')[0]);
        Assert.Equal((true, 2L, 1L), (done.Done, done.Counts.Succeeded, done.Counts.Dead));

        static BatchView View(string? line) => JsonSerializer.Deserialize<BatchView>(line!["data: ".Length..], WireJson.Options)!;
    }

    [Fact]
    public async Task A_stream_ends_unclean_when_its_token_counts_no_more()
    {
        await using RunApi api = await RunApi.StartAsync();
        string id = (await api.AcceptAsync(BatchApi.Lines(1))).BatchId;
        using HttpResponseMessage response = await api.Client.GetAsync($"{BatchApi.Project}/batches/{id}/events", HttpCompletionOption.ResponseHeadersRead);
        api.Host.Revoke();

        await Assert.ThrowsAnyAsync<Exception>(() => response.Content.ReadAsStringAsync().WaitAsync(TimeSpan.FromSeconds(25)));
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("GET", "/{id}")]
    [InlineData("GET", "/{id}/results")]
    [InlineData("GET", "/{id}/events")]
    [InlineData("DELETE", "/{id}")]
    public async Task Another_project_learns_nothing_and_its_own_has_no_such_batch(string method, string path)
    {
        await using RunApi api = await RunApi.StartAsync();
        string there = (await api.AcceptAsync("{}")).BatchId;
        string missing = BatchId.New(TimeProvider.System).ToString();
        using HttpClient stranger = api.Host.Client("other");
        string[] answers = [await AskAsync(stranger, there, HttpStatusCode.Forbidden), await AskAsync(stranger, missing, HttpStatusCode.Forbidden)];
        Assert.Equal(answers[0], answers[1]);
        using HttpClient nobody = api.Host.Client(null);
        await AskAsync(nobody, there, HttpStatusCode.Unauthorized);
        if (path.Length > 0)
        {
            Assert.Contains("batch_not_found", await AskAsync(api.Client, missing, HttpStatusCode.NotFound));
            Assert.Contains("invalid_request", await AskAsync(api.Client, "no-uuid", HttpStatusCode.BadRequest));
        }

        async Task<string> AskAsync(HttpClient client, string id, HttpStatusCode expected)
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), $"{BatchApi.Project}/batches{path.Replace("{id}", id)}");
            using HttpResponseMessage response = await client.SendAsync(request);
            Assert.Equal(expected, response.StatusCode);
            return await response.Content.ReadAsStringAsync();
        }
    }

    [Fact]
    public async Task A_batch_needs_the_right_to_invoke()
    {
        await using RunApi api = await RunApi.StartAsync();
        foreach ((string? token, HttpStatusCode status) in new[] { ("other", HttpStatusCode.Forbidden), ("reader", HttpStatusCode.Forbidden), ((string?)null, HttpStatusCode.Unauthorized) })
        {
            using HttpClient client = api.Host.Client(token);
            foreach (string app in new[] { "app", "none" })
            {
                using HttpRequestMessage request = BatchApi.Request(new StringContent("{}"), path: $"{BatchApi.Project}/apps/{app}/functions/work/batches");
                using HttpResponseMessage response = await client.SendAsync(request);
                Assert.Equal(status, response.StatusCode);
            }
        }
    }

    [Theory]
    [InlineData("?limit=0")]
    [InlineData("?cursor=x")]
    [InlineData("?huh=1")]
    [InlineData("/00000000-0000-7000-8000-000000000000/results?after=-1")]
    [InlineData("/00000000-0000-7000-8000-000000000000/results?follow=yes")]
    [InlineData("/00000000-0000-7000-8000-000000000000/results?state=lost")]
    public async Task Malformed_is_400(string query)
    {
        await using RunApi api = await RunApi.StartAsync();
        using HttpResponseMessage response = await api.Client.GetAsync($"{BatchApi.Project}/batches{query}");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }
}
