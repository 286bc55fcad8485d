using System.Net;
using System.Net.Http.Json;
using InterCluster.Api.Runs;
using InterCluster.Api.Tests.Gateway;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace InterCluster.Api.Tests.Runs;

public sealed class RunApiTests
{
    [Fact]
    public async Task Accepted_names_the_run_in_body_location_and_header()
    {
        await using RunApi api = await RunApi.StartAsync();
        using HttpResponseMessage response = await api.SendAsync();
        string id = (await response.Content.ReadFromJsonAsync<RunAccepted>(WireJson.Options))!.RunId;
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal($"{RunApi.Runs}/{id}", response.Headers.Location!.ToString());
        Assert.Equal(id, Assert.Single(response.Headers.GetValues("X-Request-Id")));
        RunView run = (await api.Client.GetFromJsonAsync<RunView>($"{RunApi.Runs}/{id}", WireJson.Options))!;
        Assert.Equal((RunState.Queued, "app", "work", "/work"), (run.State, run.App, run.Function, run.Path));
    }

    [Fact]
    public async Task A_body_over_the_limit_is_refused_with_the_limit_with_and_without_a_length()
    {
        await using RunApi api = await RunApi.StartAsync(new() { ["InterCluster:Runs:MaxAsyncBodyBytes"] = "1000" });
        await api.SubmitAsync(body: new string('x', 1000));
        using HttpResponseMessage sized = await api.SendAsync(body: new string('x', 1001));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, sized.StatusCode);
        Assert.Contains("1000", await sized.Content.ReadAsStringAsync());

        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v4/{GatewayHost.Project}/app/work?async=true")
        {
            Content = new StreamContent(new MemoryStream(new byte[1001])),
        };
        request.Headers.TransferEncodingChunked = true;
        using HttpResponseMessage chunked = await api.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, chunked.StatusCode);
        Assert.Single((await ListAsync(api)).Runs);
    }

    [Theory]
    [InlineData("Accept", "text/event-stream")]
    [InlineData("Content-Type", "application/grpc")]
    [InlineData("X-InterCluster-Max-Attempts", "0")]
    public async Task What_cannot_be_async_is_refused_and_stores_nothing(string name, string value)
    {
        await using RunApi api = await RunApi.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v4/{GatewayHost.Project}/app/work?async=true") { Content = new ByteArrayContent([1]) };
        if (!request.Headers.TryAddWithoutValidation(name, value))
        {
            request.Content.Headers.TryAddWithoutValidation(name, value);
        }

        using HttpResponseMessage response = await api.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("invalid_request", await response.Content.ReadAsStringAsync());
        Assert.Empty((await ListAsync(api)).Runs);
    }

    // User ask 17: the mode changes nothing of the call.
    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    [InlineData("OPTIONS")]
    public async Task Every_method_path_query_and_header_is_kept_as_a_sync_call_has_them(string method)
    {
        await using RunApi api = await RunApi.StartAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), $"/v4/{Gateway.GatewayHost.Project}/app/work/a%2Fb?x=1&async=true&y=%20z");
        request.Headers.Add("X-Own", ["one", "two"]);
        request.Content = method is "GET" or "OPTIONS" ? null : new StringContent("body");
        using HttpResponseMessage response = await api.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);

        RunListView page = await ListAsync(api);
        RunRequest kept = (await api.Store.GetRequestAsync(
            Gateway.GatewayHost.Project, new Core.Naming.RunId(Guid.Parse(Assert.Single(page.Runs).RunId)), default))!;
        Assert.Equal((method, "/work/a%2Fb?x=1&y=%20z"), (kept.Method, kept.PathAndQuery));
        Assert.Equal("one,two", string.Join(',', kept.Headers.Where(h => h.Name == "X-Own").Select(h => h.Value.Replace(" ", "", StringComparison.Ordinal))));
        Assert.Equal(request.Content is null ? "" : "body", System.Text.Encoding.UTF8.GetString(kept.Body.Span));
    }

    [Fact]
    public async Task One_key_fifty_times_at_once_is_one_run()
    {
        await using RunApi api = await RunApi.StartAsync();
        string[] ids = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => api.SubmitAsync(headers: ("Idempotency-Key", "k1"))));
        Assert.Single(ids.Distinct());
        Assert.Single((await ListAsync(api)).Runs);
        using HttpResponseMessage other = await api.SendAsync(body: "other", headers: ("Idempotency-Key", "k1"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, other.StatusCode);
        Assert.Contains("idempotency_mismatch", await other.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_store_that_cannot_commit_is_503_and_never_202()
    {
        await using RunApi api = await RunApi.StartAsync(more: services =>
        {
            services.RemoveAll<IRunStore>();
            services.AddSingleton<IRunStore, BrokenStore>();
        });
        using HttpResponseMessage response = await api.SendAsync();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.NotNull(response.Headers.RetryAfter);
        Assert.Contains("store_unavailable", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Waiting_answers_when_the_run_ends_and_when_the_time_is_up()
    {
        await using RunApi api = await RunApi.StartAsync();
        string id = await api.SubmitAsync();
        Assert.Equal(RunState.Queued, (await GetAsync(api, id, "?wait=1s")).State);

        Task<RunView>[] waits = [.. Enumerable.Range(0, 20).Select(_ => GetAsync(api, id, "?wait=60s"))];
        var waiters = api.Host.Get<RunWaiters>();
        while (waiters.Count < 20)
        {
            await Task.Yield();
        }

        await api.SettleAsync(id, run => Settlement.Succeeded(run.Id, run.Lease, new RunResponse(200, [], default)));
        RunView[] ended = await Task.WhenAll(waits).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.All(ended, run => Assert.Equal(RunState.Succeeded, run.State));
        Assert.Equal(0, waiters.Count);
        Assert.Equal(RunState.Succeeded, (await GetAsync(api, id, "?wait=60s")).State);
    }

    [Fact]
    public async Task A_result_is_409_while_the_run_is_not_over()
    {
        await using RunApi api = await RunApi.StartAsync();
        string id = await api.SubmitAsync();
        using HttpResponseMessage response = await api.Client.GetAsync($"{RunApi.Runs}/{id}/result");
        Assert.Equal(HttpStatusCode.Conflict, response.StatusCode);
        Assert.Contains("not_finished", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_stored_answer_cannot_act_for_our_origin()
    {
        await using RunApi api = await RunApi.StartAsync();
        string id = await api.SubmitAsync();
        await api.SettleAsync(id, run => Settlement.Succeeded(
            run.Id, run.Lease, new RunResponse(200, [new("Content-Type", "text/html"), new("X-Two", "a"), new("X-Two", "b")], "<script>"u8.ToArray())));
        using HttpResponseMessage response = await api.Client.GetAsync($"{RunApi.Runs}/{id}/result");
        Assert.Contains("sandbox", Assert.Single(response.Headers.GetValues("Content-Security-Policy")));
        Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal("<script>", await response.Content.ReadAsStringAsync());
        Assert.Equal("a, b", string.Join(", ", response.Headers.GetValues("X-Two")));
    }

    [Fact]
    public async Task Paging_shows_every_run_once_newest_first_and_filters_hold()
    {
        await using RunApi api = await RunApi.StartAsync();
        var ids = new List<string>();
        for (int i = 0; i < 25; i++)
        {
            ids.Add(await api.SubmitAsync(i % 2 == 0 ? "even" : "odd"));
        }

        var seen = new List<string>();
        string? cursor = null;
        do
        {
            RunListView page = await ListAsync(api, "?limit=10" + (cursor is null ? "" : $"&cursor={cursor}"));
            seen.AddRange(page.Runs.Select(r => r.RunId));
            cursor = page.NextCursor;
        }
        while (cursor is not null);

        Assert.Equal(ids.AsEnumerable().Reverse(), seen);
        Assert.Equal(12, (await ListAsync(api, "?function=odd&state=queued&app=app")).Runs.Count);
        Assert.Empty((await ListAsync(api, "?state=running")).Runs);
        Assert.Empty((await ListAsync(api, "?from=2999-01-01T00:00:00Z")).Runs);
    }

    [Theory]
    [InlineData("?limit=0")]
    [InlineData("?limit=1000000000")]
    [InlineData("?limit=-1")]
    [InlineData("?cursor=forged")]
    [InlineData("?state=lost")]
    [InlineData("?app=../x")]
    [InlineData("?from=yesterday")]
    [InlineData("?project=p-two")]
    [InlineData("?limit=1&limit=2")]
    [InlineData("/not-a-uuid")]
    [InlineData("/00000000-0000-7000-8000-000000000000?wait=61s")]
    [InlineData("/00000000-0000-7000-8000-000000000000?wait=x")]
    [InlineData("/00000000-0000-7000-8000-000000000000?huh=1")]
    public async Task Malformed_is_400(string query)
    {
        await using RunApi api = await RunApi.StartAsync();
        using HttpResponseMessage response = await api.Client.GetAsync(RunApi.Runs + query);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("invalid_request", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_cursor_of_another_project_is_404()
    {
        await using RunApi api = await RunApi.StartAsync();
        string foreign = RunCursor.Write("p-two", Core.Naming.RunId.New(TimeProvider.System));
        using HttpResponseMessage response = await api.Client.GetAsync($"{RunApi.Runs}?cursor={foreign}");
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("GET", "/{id}")]
    [InlineData("GET", "/{id}/result")]
    [InlineData("DELETE", "/{id}")]
    [InlineData("POST", "/{id}/replay")]
    public async Task Another_project_learns_nothing(string method, string path)
    {
        await using RunApi api = await RunApi.StartAsync();
        string there = await api.SubmitAsync();
        string missing = Core.Naming.RunId.New(TimeProvider.System).ToString();
        using HttpClient stranger = api.Host.Client("other");
        string[] answers = await Task.WhenAll(new[] { there, missing }.Select(async id =>
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), RunApi.Runs + path.Replace("{id}", id));
            using HttpResponseMessage response = await stranger.SendAsync(request);
            Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
            return await response.Content.ReadAsStringAsync();
        }));
        Assert.Equal(answers[0], answers[1]);

        using HttpClient nobody = api.Host.Client(null);
        using var anonymous = new HttpRequestMessage(new HttpMethod(method), RunApi.Runs + path.Replace("{id}", there));
        using HttpResponseMessage refused = await nobody.SendAsync(anonymous);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    [Fact]
    public async Task A_missing_run_is_404_everywhere()
    {
        await using RunApi api = await RunApi.StartAsync();
        string path = $"{RunApi.Runs}/{Core.Naming.RunId.New(TimeProvider.System)}";
        using HttpResponseMessage get = await api.Client.GetAsync(path + "?wait=30s");
        using HttpResponseMessage result = await api.Client.GetAsync(path + "/result");
        using HttpResponseMessage cancel = await api.Client.DeleteAsync(path);
        using HttpResponseMessage replay = await api.Client.PostAsync(path + "/replay", null);
        Assert.All([get, result, cancel, replay], response => Assert.Equal(HttpStatusCode.NotFound, response.StatusCode));
    }

    private static async Task<RunView> GetAsync(RunApi api, string id, string query = "") =>
        (await api.Client.GetFromJsonAsync<RunView>($"{RunApi.Runs}/{id}{query}", WireJson.Options))!;

    private static async Task<RunListView> ListAsync(RunApi api, string query = "") =>
        (await api.Client.GetFromJsonAsync<RunListView>(RunApi.Runs + query, WireJson.Options))!;
}
