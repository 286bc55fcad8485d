using System.Net;
using InterCluster.Core.Admission;
using InterCluster.Core.Apps;
using InterCluster.Core.Naming;
using InterCluster.Core.Replicas;
using InterCluster.Core.Requests;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;
using Microsoft.Extensions.DependencyInjection;

namespace InterCluster.Api.Tests.Control;

public sealed class ControlTests : IAsyncLifetime
{
    private const string Project = "/api/v1/projects/p-one";
    private static readonly AppId Caption = new("p-one", "caption");

    private ControlHost _host = null!;
    private string _token = null!;

    public async ValueTask InitializeAsync()
    {
        _host = await ControlHost.StartAsync();
        _token = await _host.TokenAsync();
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task An_app_is_deployed_deployed_again_rolled_back_and_deleted()
    {
        AppView first = await ControlHost.ReadAsync<AppView>(await _host.DeployAsync(_token), HttpStatusCode.Created);
        Assert.Equal(("p-one", "caption", 1), (first.Project, first.App, first.Revision));
        Assert.Equal(["run", "it"], first.Entrypoint);
        Assert.Equal("http://127.0.0.1:8080/v4/p-one/caption", first.Url);
        Assert.Equal((3, 100, "round-robin"), (first.Scaling.MaxReplicas, first.Scaling.ReplicaConcurrency, first.Scaling.LoadBalancingAlgorithm));
        Assert.StartsWith("tests (k-", first.DeployedBy, StringComparison.Ordinal);
        Assert.True(_host.Services.GetRequiredService<IAppCatalog>().TryGet(Caption, out Revision? inForce));
        Assert.Equal(_host.AppFolder, inForce.Config.Runtime.Folder);

        AppView second = await ControlHost.ReadAsync<AppView>(await _host.DeployAsync(_token, file: ControlHost.AppFile("caption") + "cooldown = 60"));
        Assert.Equal((2, 60d), (second.Revision, second.Scaling.Cooldown));

        AppView back = await ControlHost.ReadAsync<AppView>(await SendAsync("POST", "/apps/caption/rollback", ControlHost.Json("""{"revision":1}""")));
        Assert.Equal((3, 10d), (back.Revision, back.Scaling.Cooldown));
        await ControlHost.ProblemAsync(await SendAsync("POST", "/apps/caption/rollback", ControlHost.Json("""{"revision":9}""")), 404, ProblemCodes.NotFound);

        var revisions = await ControlHost.ReadAsync<RevisionListView>(await SendAsync("GET", "/apps/caption/revisions"));
        Assert.Equal([(3, true), (2, false), (1, false)], revisions.Revisions.Select(r => (r.Revision, r.Current)));
        Assert.Equal(3, (await ControlHost.ReadAsync<AppView>(await SendAsync("GET", "/apps/caption"))).Revision);

        var deleted = await ControlHost.ReadAsync<AppDeletedView>(await SendAsync("DELETE", "/apps/caption"));
        Assert.True(deleted.Drained);
        Assert.Equal([Caption], _host.Fleet.Drained);
        await ControlHost.ProblemAsync(await SendAsync("GET", "/apps/caption"), 404, ProblemCodes.AppNotFound);
        await ControlHost.ProblemAsync(await SendAsync("DELETE", "/apps/caption"), 404, ProblemCodes.AppNotFound);
        Assert.Empty((await ControlHost.ReadAsync<AppListView>(await SendAsync("GET", "/apps"))).Apps);
        Assert.Equal(3, (await ControlHost.ReadAsync<RevisionListView>(await SendAsync("GET", "/apps/caption/revisions"))).Revisions.Count);
    }

    [Fact]
    public async Task A_delete_answers_202_while_calls_go_on_and_fails_the_runs_that_wait()
    {
        await _host.DeployAsync(_token);
        var runs = _host.Services.GetRequiredService<IRunStore>();
        RunId run = RunId.New(_host.Time);
        await runs.SubmitAsync(
            new NewRun { Id = run, Function = new FunctionId(Caption, "draw"), Request = new RunRequest("POST", "/draw", [], default), CreatedAt = _host.Time.GetUtcNow() }, default);
        _host.Fleet.Drain = new TaskCompletionSource();

        Task<HttpResponseMessage> answer = SendAsync("DELETE", "/apps/caption");
        while (!answer.IsCompleted)
        {
            _host.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.False((await ControlHost.ReadAsync<AppDeletedView>(await answer, HttpStatusCode.Accepted)).Drained);
        RunInfo? failed = await runs.GetAsync("p-one", run, default);
        Assert.Equal((RunState.Failed, RunErrors.AppNotFound), (failed!.State, failed.Error));
        _host.Fleet.Drain.SetResult();
    }

    [Fact]
    public async Task The_path_names_the_app_whatever_name_is_in_the_file()
    {
        AppView view = await ControlHost.ReadAsync<AppView>(await _host.DeployAsync(_token, "canary", ControlHost.AppFile("caption")), HttpStatusCode.Created);

        Assert.Equal("canary", view.App);
        Assert.True(_host.Services.GetRequiredService<IAppCatalog>().TryGet(new AppId("p-one", "canary"), out Revision? revision));
        Assert.Equal("canary", revision.Config.Name);
    }

    [Fact]
    public async Task Keys_of_the_file_that_mean_nothing_here_are_told()
    {
        string file = ControlHost.AppFile("caption").Replace("intercluster", "cerebrium", StringComparison.Ordinal) + "[cerebrium.hardware]\nregion = \"us-east-1\"";

        AppView view = await ControlHost.ReadAsync<AppView>(await _host.DeployAsync(_token, file: file), HttpStatusCode.Created);

        Assert.Equal(["cerebrium.hardware.region"], view.NotApplicable);
    }

    [Fact] // W11
    public async Task A_file_with_mistakes_changes_nothing_and_has_them_all_named()
    {
        string file = ControlHost.AppFile("caption") + "min_replicas = 5\ncooldown = -1\nspeed = 9";

        ProblemView problem = await ControlHost.ProblemAsync(await _host.DeployAsync(_token, file: file), 400, ProblemCodes.InvalidRequest);

        Assert.Equal(3, problem.Errors!.Count);
        Assert.Empty(_host.Services.GetRequiredService<IAppCatalog>().All);
    }

    [Theory]
    [InlineData("/tmp", "writable by everybody")]
    [InlineData("relative", "absolute")]
    [InlineData("/nowhere/at/all", "must be a folder")]
    public async Task A_folder_that_cannot_be_trusted_is_refused(string folder, string why)
    {
        ProblemView problem = await ControlHost.ProblemAsync(await _host.DeployAsync(_token, folder: folder), 400, ProblemCodes.InvalidRequest);

        Assert.Contains(why, problem.Detail, StringComparison.Ordinal);
    }

    [Theory] // I14, I15
    [InlineData("text/plain", null)]
    [InlineData(null, null)]
    [InlineData("application/toml; charset=utf-16", null)]
    [InlineData("application/toml", "gzip")]
    [InlineData("application/json", "gzip, gzip, gzip")]
    public async Task A_media_type_or_coding_that_is_not_ours_is_refused(string? type, string? coding)
    {
        HttpContent content = ControlHost.Text(ControlHost.AppFile("caption"), type);
        if (coding is not null)
        {
            content.Headers.TryAddWithoutValidation("Content-Encoding", coding);
        }

        await ControlHost.ProblemAsync(await SendAsync("PUT", "/apps/caption?folder=/", content), 415, ProblemCodes.UnsupportedMediaType);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_over_the_limit_is_refused_with_the_limit_named(bool chunked)
    {
        HttpContent content = ControlHost.Toml(new string('#', (256 * 1024) + 1));
        if (chunked)
        {
            content.Headers.ContentLength = null;
        }

        ProblemView problem = await ControlHost.ProblemAsync(await SendAsync("PUT", "/apps/caption?folder=/", content), 413, ProblemCodes.TooLarge);
        Assert.Contains("262144", problem.Detail, StringComparison.Ordinal);
    }

    [Theory] // J15, I33
    [InlineData("Caption")]
    [InlineData("caption.")]
    [InlineData("-rf")]
    [InlineData("a%20b")]
    [InlineData("%C3%A4")]
    public async Task A_malformed_app_name_is_400(string app)
    {
        foreach ((string method, string tail) in new[] { ("GET", ""), ("DELETE", ""), ("GET", "/replicas"), ("GET", "/logs"), ("GET", "/revisions") })
        {
            await ControlHost.ProblemAsync(await SendAsync(method, $"/apps/{app}{tail}"), 400, ProblemCodes.InvalidRequest);
        }
    }

    [Fact]
    public async Task An_app_that_is_not_there_is_404_everywhere()
    {
        foreach (string path in new[] { "", "/revisions", "/replicas", "/functions", "/scaling", "/logs" })
        {
            await ControlHost.ProblemAsync(await SendAsync("GET", $"/apps/missing{path}"), 404, ProblemCodes.AppNotFound);
        }
    }

    [Fact]
    public async Task Unknown_paths_and_methods_are_problems_too()
    {
        await ControlHost.ProblemAsync(await _host.SendAsync("GET", "/nothing/here", _token), 404, ProblemCodes.NotFound);
        HttpResponseMessage wrong = await SendAsync("PATCH", "/apps/caption");
        await ControlHost.ProblemAsync(wrong, 405, ProblemCodes.MethodNotAllowed);
        Assert.Equal(["DELETE", "GET", "PUT"], wrong.Content.Headers.Allow.Order());
    }

    [Fact]
    public async Task Replicas_functions_and_decisions_are_shown_as_they_are()
    {
        await _host.DeployAsync(_token);
        var at = new DateTimeOffset(2026, 5, 1, 0, 0, 0, TimeSpan.Zero);
        var replica = new Replica(new ReplicaId("r-1"), Caption, 1, "http://127.0.0.1:9", 2);
        IAdmission admission = _host.Services.GetRequiredService<IAdmissionDirectory>().GetOrAdd(Caption, new AdmissionPolicy());
        admission.Add(replica);
        AdmissionResult call = await admission.AdmitAsync(new CallRequest(CallClass.Sync, 0), default);
        _host.Fleet.Apps[Caption] = new AppReplicas(2, true, [new ReplicaStatus(replica.Id, 1, ReplicaState.NotReady, replica.Address, 4711, at, null, "exit code 3")]);
        await _host.Services.GetRequiredService<IRunStore>().SubmitAsync(
            new NewRun { Id = RunId.New(_host.Time), Function = new FunctionId(Caption, "draw"), Request = new RunRequest("POST", "/draw", [], default), CreatedAt = _host.Time.GetUtcNow() }, default);

        var replicas = await ControlHost.ReadAsync<ReplicaListView>(await SendAsync("GET", "/apps/caption/replicas"));
        Assert.Equal((2, true), (replicas.Desired, replicas.CrashLoop));
        Assert.Equal([new ReplicaView("r-1", 1, ReplicaState.NotReady, "http://127.0.0.1:9", 4711, at, null, 1, "exit code 3")], replicas.Replicas);
        var functions = await ControlHost.ReadAsync<FunctionListView>(await SendAsync("GET", "/apps/caption/functions"));
        Assert.Equal([new FunctionView("draw", 0, 1, 0)], functions.Functions);
        var scaling = await ControlHost.ReadAsync<ScalingHistoryView>(await SendAsync("GET", "/apps/caption/scaling"));
        Assert.Equal([new ScalingDecisionView(DateTimeOffset.UnixEpoch, 1, 2, "three wait", 2, 3, null)], scaling.Decisions);
        AppLiveView live = (await ControlHost.ReadAsync<AppView>(await SendAsync("GET", "/apps/caption"))).Live!;
        Assert.Equal(new AppLiveView(1, 0, 0, 1, 2, 2, 1, true), live);
        call.Slot.Release();
    }

    [Fact]
    public async Task Keys_are_issued_listed_rotated_and_revoked()
    {
        HttpResponseMessage answer = await SendAsync("POST", "/keys", ControlHost.Json("""{"name":"ci","lifetime_days":7,"scopes":["invoke","read"]}"""));
        Assert.Equal("no-store", answer.Headers.CacheControl!.ToString());
        var issued = await ControlHost.ReadAsync<KeyView>(answer, HttpStatusCode.Created);
        Assert.Equal(("ci", "valid", TimeSpan.FromDays(7)), (issued.Name, issued.State, issued.ExpiresAt - issued.IssuedAt));
        Assert.Equal(["invoke", "read"], issued.Scopes);
        Assert.Equal(HttpStatusCode.OK, (await _host.SendAsync("GET", Project + "/apps", issued.Token)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await _host.SendAsync("GET", Project + "/keys", issued.Token)).StatusCode);

        var rotated = await ControlHost.ReadAsync<KeyView>(await SendAsync("POST", $"/keys/{issued.Id}/rotate"), HttpStatusCode.Created);
        Assert.Equal(("ci", TimeSpan.FromDays(7)), (rotated.Name, rotated.ExpiresAt - rotated.IssuedAt));
        Assert.Equal(HttpStatusCode.OK, (await _host.SendAsync("GET", Project + "/apps", rotated.Token)).StatusCode);

        await SendAsync("DELETE", $"/keys/{issued.Id}");
        Assert.Equal(HttpStatusCode.Unauthorized, (await _host.SendAsync("GET", Project + "/apps", issued.Token)).StatusCode);
        await ControlHost.ProblemAsync(await SendAsync("POST", $"/keys/{issued.Id}/rotate"), 409, ProblemCodes.Conflict);
        await ControlHost.ProblemAsync(await SendAsync("DELETE", "/keys/k-none"), 404, ProblemCodes.NotFound);

        HttpResponseMessage list = await SendAsync("GET", "/keys");
        Assert.DoesNotContain("token", await list.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        var keys = await ControlHost.ReadAsync<KeyListView>(await SendAsync("GET", "/keys"));
        Assert.Equal("revoked", keys.Keys.Single(k => k.Id == issued.Id).State);
        Assert.Equal(3, keys.Keys.Count);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"name\":\"\"}")]
    [InlineData("{\"name\":\"a b\"}")]
    [InlineData("{\"name\":\"app:caption\"}")]
    [InlineData("{\"name\":\"a\\r\\nX-Evil: 1\"}")]
    [InlineData("{\"name\":\"ci\",\"lifetime_days\":0}")]
    [InlineData("{\"name\":\"ci\",\"lifetime_days\":401}")]
    [InlineData("{\"name\":\"ci\",\"lifetime_days\":1.5}")]
    [InlineData("{\"name\":\"ci\",\"lifetime_days\":\"7\"}")]
    [InlineData("{\"name\":\"ci\",\"scopes\":[]}")]
    [InlineData("{\"name\":\"ci\",\"scopes\":[\"root\"]}")]
    [InlineData("{\"name\":\"ci\",\"scopes\":[null]}")]
    [InlineData("{\"name\":\"ci\",\"name\":\"cd\"}")]
    [InlineData("{\"name\":\"ci\",\"role\":\"root\"}")]
    [InlineData("{\"name\":null}")]
    public async Task A_key_that_is_asked_for_wrongly_is_refused(string body)
    {
        ProblemView problem = await ControlHost.ProblemAsync(await SendAsync("POST", "/keys", ControlHost.Json(body)), 400, ProblemCodes.InvalidRequest);

        Assert.DoesNotContain("System.", problem.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("InterCluster.", problem.Detail, StringComparison.Ordinal);
    }

    [Fact] // T03
    public async Task The_request_log_shows_a_project_its_own_calls()
    {
        var log = _host.Services.GetRequiredService<IRequestLog>();
        RunId mine = Record(log, Caption, 200, "draw");
        RunId failed = Record(log, Caption, 503, "draw");
        RunId theirs = Record(log, new AppId("p-two", "caption"), 200, "draw");

        var all = await ControlHost.ReadAsync<RequestListView>(await SendAsync("GET", "/requests"));
        Assert.Equal([failed.ToString(), mine.ToString()], all.Requests.Select(r => r.RunId));
        Assert.Equal([failed.ToString()], await IdsOf("?min_status=500"));
        Assert.Equal([mine.ToString()], await IdsOf("?status=200&app=caption&function=draw"));
        Assert.Equal([failed.ToString()], await IdsOf("?limit=1"));
        Assert.Empty(await IdsOf("?app=other"));
        string next = (await ControlHost.ReadAsync<RequestListView>(await SendAsync("GET", "/requests?limit=1"))).NextCursor!;
        Assert.Equal([mine.ToString()], await IdsOf($"?limit=1&cursor={next}"));
        await ControlHost.ProblemAsync(
            await _host.SendAsync("GET", $"/api/v1/projects/p-two/requests?cursor={next}", await _host.TokenAsync("p-two")), 400, ProblemCodes.InvalidRequest);
        var one = await ControlHost.ReadAsync<RequestView>(await SendAsync("GET", $"/requests/{mine}"));
        Assert.Equal((200, "caption", "draw", 1500d), (one.Status, one.App, one.Function, one.TotalMs));
        await ControlHost.ProblemAsync(await SendAsync("GET", $"/requests/{theirs}"), 404, ProblemCodes.RunNotFound);
        await ControlHost.ProblemAsync(await SendAsync("GET", "/requests/x"), 400, ProblemCodes.InvalidRequest);
    }

    [Theory] // I24
    [InlineData("/requests?limit=1000000000")]
    [InlineData("/requests?limit=-1")]
    [InlineData("/requests?limit=0")]
    [InlineData("/requests?limit=1&limit=2")]
    [InlineData("/requests?limit=")]
    [InlineData("/requests?project=p-two")]
    [InlineData("/requests?from=yesterday")]
    [InlineData("/requests?from=2026-05-01T12:00:00")]
    [InlineData("/requests?status=99")]
    [InlineData("/requests?cursor=x")]
    [InlineData("/apps/caption/logs?tail=10001")]
    [InlineData("/apps/caption/logs?follow=TRUE")]
    [InlineData("/apps/caption/logs?follow=1")]
    [InlineData("/apps?x=1")]
    public async Task A_query_that_is_not_understood_is_refused(string path)
    {
        await _host.DeployAsync(_token);

        await ControlHost.ProblemAsync(await SendAsync("GET", path), 400, ProblemCodes.InvalidRequest);
    }

    [Fact]
    public async Task The_admin_sees_all_projects_and_apps()
    {
        await _host.DeployAsync(_token);
        await _host.TokenAsync("p-keys-only");

        var projects = await ControlHost.ReadAsync<ProjectListView>(await _host.SendAsync("GET", "/api/v1/projects", _host.AdminToken));
        Assert.Equal(["p-keys-only", "p-one"], projects.Projects);
        var apps = await ControlHost.ReadAsync<AppListView>(await _host.SendAsync("GET", "/api/v1/apps", _host.AdminToken));
        Assert.Equal(["caption"], apps.Apps.Select(a => a.App));
    }

    private async Task<IEnumerable<string>> IdsOf(string query) =>
        (await ControlHost.ReadAsync<RequestListView>(await SendAsync("GET", "/requests" + query))).Requests.Select(r => r.RunId);

    private RunId Record(IRequestLog log, AppId app, int status, string function)
    {
        _host.Time.Advance(TimeSpan.FromMilliseconds(1));
        RunId id = RunId.New(_host.Time);
        log.Record(new RequestRecord
        {
            Id = id, Function = new FunctionId(app, function), Time = _host.Time.GetUtcNow(), Method = "POST", Status = status, Total = TimeSpan.FromSeconds(1.5),
        });
        return id;
    }

    private Task<HttpResponseMessage> SendAsync(string method, string path, HttpContent? content = null) => _host.SendAsync(method, Project + path, _token, content);
}
