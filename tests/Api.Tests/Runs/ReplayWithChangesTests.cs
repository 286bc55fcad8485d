using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using InterCluster.Api.Tests.Gateway;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;

namespace InterCluster.Api.Tests.Runs;

/// <summary>A replay with another input: a new run, linked to the old one, which stays as it was.</summary>
public sealed class ReplayWithChangesTests
{
    [Fact]
    public async Task What_is_named_is_changed_and_all_else_is_as_it_was()
    {
        await using RunApi api = await RunApi.StartAsync();
        string id = await DeadAsync(api);

        string again = await ReplayAsync(api, id, """{"body":{"n": 2}}""");

        Assert.NotEqual(id, again);
        (RunInfo old, RunInfo info) = (await GetAsync(api, id), await GetAsync(api, again));
        Assert.Equal((RunState.Dead, (RunId?)null), (old.State, old.Origin));
        Assert.Equal((RunState.Queued, old.Id, "blue", RunPriority.Low, 7), (info.State, info.Origin!.Value, info.Tag, info.Priority, info.MaxAttempts));
        RunRequest request = await RequestAsync(api, again);
        Assert.Equal("""{"n": 2}""", Encoding.UTF8.GetString(request.Body.Span));
        Assert.Equal(("POST", "/work/deep"), (request.Method, request.PathAndQuery));
        Assert.Equal("application/json", Header(request, "Content-Type"));
        Assert.Equal("kept", Header(request, "X-Own"));
        Assert.Single(request.Headers, h => h.Name == "X-InterCluster-Caller");
        Assert.Single(request.Headers, h => h.Name == "Host");
        RunView view = (await api.Client.GetFromJsonAsync<RunView>($"{RunApi.Runs}/{again}", WireJson.Options))!;
        Assert.Equal(id, view.ReplayOf);
    }

    [Fact]
    public async Task Everything_can_be_changed()
    {
        await using RunApi api = await RunApi.StartAsync();
        string again = await ReplayAsync(
            api, await DeadAsync(api),
            """{"method":"PUT","path":"/other","query":"a=1","headers":{"X-New":"n"},"tag":"red","priority":"high","max_attempts":2}""");

        RunRequest request = await RequestAsync(api, again);
        Assert.Equal(("PUT", "/work/other?a=1"), (request.Method, request.PathAndQuery));
        Assert.Equal("hello", Encoding.UTF8.GetString(request.Body.Span));
        Assert.Equal("text/plain; charset=utf-8", Header(request, "Content-Type"));
        Assert.Equal("n", Header(request, "X-New"));
        Assert.DoesNotContain(request.Headers, h => h.Name == "X-Own");
        RunInfo info = await GetAsync(api, again);
        Assert.Equal(("red", RunPriority.High, 2), (info.Tag, info.Priority, info.MaxAttempts));
    }

    [Fact]
    public async Task One_key_makes_one_replay()
    {
        await using RunApi api = await RunApi.StartAsync();
        string id = await DeadAsync(api);
        string first = await ReplayAsync(api, id, """{"body_text":"a","idempotency_key":"k"}""");
        Assert.Equal(first, await ReplayAsync(api, id, """{"body_text":"a","idempotency_key":"k"}"""));
        using HttpResponseMessage other = await PostAsync(api, id, """{"body_text":"b","idempotency_key":"k"}""");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, other.StatusCode);
    }

    [Theory]
    [InlineData("{", 400)]
    [InlineData("[]", 400)]
    [InlineData("""{"huh":1}""", 400)]
    [InlineData("""{"headers":{"X-InterCluster-Caller":"admin"}}""", 400)]
    [InlineData("""{"path":"/../x"}""", 400)]
    public async Task What_cannot_be_read_changes_nothing(string body, int status)
    {
        await using RunApi api = await RunApi.StartAsync();
        string id = await DeadAsync(api);
        using HttpResponseMessage response = await PostAsync(api, id, body);
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(RunState.Dead, (await GetAsync(api, id)).State);
        Assert.Single((await api.Client.GetFromJsonAsync<RunListView>(RunApi.Runs, WireJson.Options))!.Runs);
    }

    [Fact]
    public async Task A_run_that_has_not_ended_is_409_and_another_type_of_body_415()
    {
        await using RunApi api = await RunApi.StartAsync();
        string id = await api.SubmitAsync();
        using HttpResponseMessage early = await PostAsync(api, id, "{}");
        Assert.Equal(HttpStatusCode.Conflict, early.StatusCode);
        Assert.Contains("not_finished", await early.Content.ReadAsStringAsync());
        using HttpResponseMessage text = await api.Client.PostAsync($"{RunApi.Runs}/{id}/replay", new StringContent("{}"));
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, text.StatusCode);
    }

    private static async Task<string> DeadAsync(RunApi api)
    {
        string id = await api.SubmitAsync(
            "work/deep", headers:
            [("X-Own", "kept"), ("X-InterCluster-Tag", "blue"), ("X-InterCluster-Priority", "low"), ("X-InterCluster-Max-Attempts", "7")]);
        await api.SettleAsync(id, run => Settlement.Dead(run.Id, run.Lease, RunErrors.FunctionError, new RunResponse(500, [], "no"u8.ToArray())));
        return id;
    }

    private static Task<HttpResponseMessage> PostAsync(RunApi api, string id, string body) =>
        api.Client.PostAsync($"{RunApi.Runs}/{id}/replay", new StringContent(body, Encoding.UTF8, "application/json"));

    private static async Task<string> ReplayAsync(RunApi api, string id, string body)
    {
        using HttpResponseMessage response = await PostAsync(api, id, body);
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.Accepted, text);
        string again = JsonDocument.Parse(text).RootElement.GetProperty("run_id").GetString()!;
        Assert.EndsWith($"/runs/{again}", response.Headers.Location!.ToString());
        return again;
    }

    private static string Header(RunRequest request, string name) => Assert.Single(request.Headers, h => h.Name == name).Value;

    private static async Task<RunInfo> GetAsync(RunApi api, string id) => (await api.Store.GetAsync(GatewayHost.Project, Id(id), default))!;

    private static async Task<RunRequest> RequestAsync(RunApi api, string id) => (await api.Store.GetRequestAsync(GatewayHost.Project, Id(id), default))!;

    private static RunId Id(string id) => new(Guid.Parse(id));
}
