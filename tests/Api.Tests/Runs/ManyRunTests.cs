using System.Net;
using System.Net.Http.Json;
using System.Text;
using InterCluster.Api.Tests.Gateway;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;

namespace InterCluster.Api.Tests.Runs;

public sealed class ManyRunTests
{
    private const string Letters = $"/api/v1/projects/{GatewayHost.Project}/dead-letters";

    [Fact]
    public async Task Cancel_by_function_ends_what_waits_and_what_runs_and_nothing_else()
    {
        await using RunApi api = await RunApi.StartAsync();
        string queued = await api.SubmitAsync();
        string scheduled = await api.SubmitAsync(headers: ("X-InterCluster-Delay", "1h"));
        string running = await api.SubmitAsync();
        await ClaimAsync(api, running);
        string ended = await api.SubmitAsync();
        await api.SettleAsync(ended, run => Settlement.Succeeded(run.Id, run.Lease, new RunResponse(200, [], default)));
        string other = await api.SubmitAsync("other");
        List<RunId> aborted = [];
        api.Store.CancelRequested += aborted.Add;

        RunsChangeView change = await ChangeAsync(api, HttpMethod.Delete, "?app=app&function=work");

        Assert.Equal((3L, 3L, false, false), (change.Matched, change.Changed, change.More, change.DryRun));
        Assert.Equal(new[] { queued, running, scheduled }.ToHashSet(), change.RunIds.ToHashSet());
        Assert.Equal([RunState.Cancelled, RunState.Cancelled, RunState.Cancelled, RunState.Succeeded, RunState.Queued],
            await Task.WhenAll(new[] { queued, scheduled, running, ended, other }.Select(id => StateAsync(api, id))));
        Assert.Equal(running, Assert.Single(aborted).ToString());
        Assert.Equal(0, (await ChangeAsync(api, HttpMethod.Delete, "?app=app&function=work")).Matched);
    }

    [Fact]
    public async Task Cancel_by_tag_and_by_state_and_dry()
    {
        await using RunApi api = await RunApi.StartAsync();
        string tagged = await api.SubmitAsync(headers: ("X-InterCluster-Tag", "t"));
        string later = await api.SubmitAsync(headers: ("X-InterCluster-Delay", "1h"));
        string plain = await api.SubmitAsync();

        RunsChangeView dry = await ChangeAsync(api, HttpMethod.Delete, "?all=true&dry_run=true");
        Assert.Equal((3L, 0L, true, 3), (dry.Matched, dry.Changed, dry.DryRun, dry.RunIds.Count));
        Assert.Equal(1, (await ChangeAsync(api, HttpMethod.Delete, "?tag=t")).Changed);
        Assert.Equal(1, (await ChangeAsync(api, HttpMethod.Delete, "?state=scheduled")).Changed);

        Assert.Equal([RunState.Cancelled, RunState.Cancelled, RunState.Queued], await Task.WhenAll(new[] { tagged, later, plain }.Select(id => StateAsync(api, id))));
    }

    [Fact]
    public async Task Cancel_of_a_deep_queue_goes_to_its_end_in_bounded_commits()
    {
        await using RunApi api = await RunApi.StartAsync();
        await Task.WhenAll(Enumerable.Range(0, 1700).Select(_ => api.SubmitAsync()));

        RunsChangeView change = await ChangeAsync(api, HttpMethod.Delete, "?app=app");

        Assert.Equal((1700L, false, 100), (change.Changed, change.More, change.RunIds.Count));
        Assert.Empty(await api.Store.DepthsAsync(default));
    }

    [Fact]
    public async Task Replay_of_many_is_capped_can_be_dry_and_starts_them_over()
    {
        await using RunApi api = await RunApi.StartAsync();
        List<string> dead = [];
        for (int i = 0; i < 5; i++)
        {
            dead.Add(await DieAsync(api, i < 4 ? "work" : "other"));
        }

        string cancelled = await api.SubmitAsync();
        await ChangeAsync(api, HttpMethod.Delete, "?state=queued");

        RunsChangeView dry = await ChangeAsync(api, HttpMethod.Post, "?function=work&dry_run=true", "/replay");
        Assert.Equal((4L, 0L, false), (dry.Matched, dry.Changed, dry.More));
        Assert.Equal(RunState.Dead, await StateAsync(api, dead[0]));
        RunsChangeView capped = await ChangeAsync(api, HttpMethod.Post, "?function=work&limit=3", "/replay");
        Assert.Equal((3L, true), (capped.Changed, capped.More));
        Assert.Equal([dead[3], dead[2], dead[1]], capped.RunIds);
        RunsChangeView rest = await ChangeAsync(api, HttpMethod.Post, "?all=true", "/replay");
        Assert.Equal((2L, false), (rest.Changed, rest.More));

        Assert.All(await Task.WhenAll(dead.Select(id => StateAsync(api, id))), state => Assert.Equal(RunState.Queued, state));
        Assert.Equal(RunState.Cancelled, await StateAsync(api, cancelled));
    }

    [Fact]
    public async Task Runs_of_a_deleted_app_are_not_replayed()
    {
        await using RunApi api = await RunApi.StartAsync();
        await DieAsync(api, "work");
        api.Host.Catalog.Remove(new AppId(GatewayHost.Project, "app"));

        Assert.Equal(0, (await ChangeAsync(api, HttpMethod.Post, "?state=dead", "/replay")).Matched);
    }

    [Fact]
    public async Task Dead_letters_show_why_and_the_beginning_of_the_last_answer()
    {
        await using RunApi api = await RunApi.StartAsync();
        string large = new string('x', 4095) + "é" + new string('y', 100);
        string text = await DieAsync(api, "work", new RunResponse(503, [new("Content-Type", "text/plain")], Encoding.UTF8.GetBytes(large)));
        string binary = await DieAsync(api, "work", new RunResponse(500, [], new byte[] { 0xFF }));
        string silent = await DieAsync(api, "work", null);
        await api.SubmitAsync();

        DeadLetterListView list = (await api.Client.GetFromJsonAsync<DeadLetterListView>($"{Letters}?app=app", WireJson.Options))!;

        Assert.Equal([silent, binary, text], list.DeadLetters.Select(d => d.Run.RunId));
        Assert.Null(list.DeadLetters[0].LastAnswer);
        Assert.Equal(("/w==", null, false), (list.DeadLetters[1].LastAnswer!.BodyBase64, list.DeadLetters[1].LastAnswer!.BodyText, list.DeadLetters[1].LastAnswer!.Truncated));
        LastAnswerView cut = list.DeadLetters[2].LastAnswer!;
        Assert.Equal((503, "text/plain", 4197L, true, large[..4095]), (cut.Status, cut.ContentType, cut.BodyBytes, cut.Truncated, cut.BodyText));
        Assert.Equal("function_error", list.DeadLetters[2].Run.Error);
    }

    [Theory]
    [InlineData("DELETE", "")]
    [InlineData("DELETE", "?all=true&app=app")]
    [InlineData("DELETE", "?app=app&state=dead")]
    [InlineData("DELETE", "?app=app&dry_run=1")]
    [InlineData("DELETE", "?app=app&cursor=x")]
    [InlineData("DELETE", "?batch=x")]
    [InlineData("DELETE", "?tag=a%20b")]
    [InlineData("POST", "/replay")]
    [InlineData("POST", "/replay?state=cancelled")]
    [InlineData("POST", "/replay?app=app&limit=100001")]
    public async Task What_is_meant_must_be_said(string method, string query)
    {
        await using RunApi api = await RunApi.StartAsync();
        string id = await api.SubmitAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), RunApi.Runs + query);

        using HttpResponseMessage response = await api.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(RunState.Queued, await StateAsync(api, id));
    }

    [Theory]
    [InlineData("DELETE", $"{RunApi.Runs}?app=")]
    [InlineData("POST", $"{RunApi.Runs}/replay?app=")]
    [InlineData("GET", $"{Letters}?app=")]
    public async Task Another_project_learns_nothing(string method, string path)
    {
        await using RunApi api = await RunApi.StartAsync();
        string id = await api.SubmitAsync();
        using HttpClient stranger = api.Host.Client("other");
        string[] answers = [await AskAsync("app"), await AskAsync("none")];

        Assert.Equal(answers[0], answers[1]);
        Assert.Equal(RunState.Queued, await StateAsync(api, id));

        async Task<string> AskAsync(string app)
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path + app);
            using HttpResponseMessage response = await stranger.SendAsync(request);
            Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
            return await response.Content.ReadAsStringAsync();
        }
    }

    [Theory]
    [InlineData("respond-async, wait=30", true)]
    [InlineData("respond-async; wait=30", true)]
    [InlineData("wait=1, respond-async", false)]
    [InlineData("respond-async, wait=x", false)]
    public async Task A_caller_that_would_rather_wait_gets_the_answer_or_202(string prefer, bool ends)
    {
        await using RunApi api = await RunApi.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v4/{GatewayHost.Project}/app/work");
        request.Headers.TryAddWithoutValidation("Prefer", prefer);
        Task<HttpResponseMessage> sending = api.Client.SendAsync(request);
        if (ends)
        {
            IReadOnlyList<RunInfo> runs;
            do
            {
                runs = (await api.Store.ListAsync(new RunFilter(GatewayHost.Project), null, 1, default)).Runs;
            }
            while (runs.Count == 0);

            await api.SettleAsync(runs[0].Id.ToString(), run => Settlement.Succeeded(run.Id, run.Lease, new RunResponse(201, [new("X-Of-The-App", "1")], "done"u8.ToArray())));
        }

        using HttpResponseMessage response = await sending;

        Assert.Equal(ends ? HttpStatusCode.Created : HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal(ends, response.Headers.Contains("Preference-Applied"));
        Assert.Equal(ends, await response.Content.ReadAsStringAsync() == "done");
    }

    [Fact]
    public async Task The_policy_of_the_function_is_kept_with_its_runs()
    {
        await using RunApi api = await RunApi.StartAsync();
        string id = await api.SubmitAsync(headers: ("X-InterCluster-Max-Attempts", "9"));
        RunView run = (await api.Client.GetFromJsonAsync<RunView>($"{RunApi.Runs}/{id}", WireJson.Options))!;

        Assert.Equal((9, null), (run.MaxAttempts, run.ExpiresAt));
    }

    private static async Task<RunsChangeView> ChangeAsync(RunApi api, HttpMethod method, string query, string path = "")
    {
        using var request = new HttpRequestMessage(method, RunApi.Runs + path + query);
        using HttpResponseMessage response = await api.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync<RunsChangeView>(WireJson.Options))!;
    }

    private static async Task<RunState> StateAsync(RunApi api, string id) =>
        (await api.Client.GetFromJsonAsync<RunView>($"{RunApi.Runs}/{id}", WireJson.Options))!.State;

    private static async Task<ClaimedRun> ClaimAsync(RunApi api, string id) =>
        Assert.Single(await api.Store.ClaimAsync([new RunId(Guid.Parse(id))], "test", TimeSpan.FromMinutes(1), default));

    private static async Task<string> DieAsync(RunApi api, string function, RunResponse? answer = null)
    {
        string id = await api.SubmitAsync(function);
        await api.SettleAsync(id, run => Settlement.Dead(run.Id, run.Lease, RunErrors.FunctionError, answer));
        return id;
    }
}
