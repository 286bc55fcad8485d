using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using InterCluster.Core.Runs;
using InterCluster.Core.Schedules;
using InterCluster.Core.Wire;
using InterCluster.EndToEnd.Tests.Support;

namespace InterCluster.EndToEnd.Tests.Schedules;

/// <summary>RELIABILITY H1, H2: one run for each fire time, whatever is killed. And the schedules' API on a real server.</summary>
public sealed class ScheduleTests
{
    private const string EverySecond = "* * * * * *";

    [Fact]
    public async Task A_server_that_is_killed_again_and_again_fires_each_time_once()
    {
        await using Node node = await StartAsync();
        (await PutAsync(node, "beat", new { cron = EverySecond, app = "quick", function = "work", misfire = "all", misfire_limit = 1000 })).Dispose();
        for (int kill = 0; kill < 3; kill++)
        {
            int before = (await HistoryAsync(node, "beat")).Count;
            await Until.TrueAsync(async () => (await HistoryAsync(node, "beat")).Count >= before + 5);
            await node.KillAsync();
            await node.StartAgainAsync();
        }

        int last = (await HistoryAsync(node, "beat")).Count;
        await Until.TrueAsync(async () => (await HistoryAsync(node, "beat")).Count > last);
        (await node.Admin.PostAsync(Path("beat/pause"), null)).Dispose();
        IReadOnlyList<ScheduleFireView> fires = await HistoryAsync(node, "beat");
        await Until.TrueAsync(async () => (await HistoryAsync(node, "beat")).All(f => f.RunState == RunState.Succeeded));

        Assert.All(fires, f => Assert.Equal(FireOutcome.Fired, f.Outcome));
        Assert.Equal(fires.Count, fires.Select(f => f.RunId).Distinct().Count());
        // Missed ones are made up for: from the first to the last there is a second each.
        Assert.Equal(Enumerable.Range(0, fires.Count).Select(i => fires[0].FireTime.AddSeconds(-i)), fires.Select(f => f.FireTime));
        RunListView runs = await RunsAsync(node);
        Assert.Equal(fires.Select(f => f.RunId).Order(), runs.Runs.Select(r => r.RunId).Order());
    }

    [Fact]
    public async Task A_schedule_is_put_shown_paused_run_and_deleted_and_no_other_project_learns_of_it()
    {
        await using Node node = await StartAsync();
        object nightly = new { cron = "0 3 * * *", time_zone = "Europe/Berlin", app = "quick", function = "work", paused = true, call = new { body = new { a = 1 }, max_attempts = 2 } };

        using (HttpResponseMessage put = await PutAsync(node, "nightly", nightly))
        {
            Assert.Equal(HttpStatusCode.Created, put.StatusCode);
        }

        using (HttpResponseMessage again = await PutAsync(node, "nightly", nightly))
        {
            Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        }

        ScheduleView shown = await node.GetAsync<ScheduleView>("schedules/nightly");
        Assert.Equal(("nightly", true, null, "{\"a\":1}", 2), (shown.Name, shown.Paused, shown.NextFireTime, shown.Call.BodyText, shown.Call.MaxAttempts));
        ScheduleFireView fire = await PostAsync<ScheduleFireView>(node, "nightly/run-now");
        Assert.True(fire.Manual);
        await Until.TrueAsync(async () => Assert.Single(await HistoryAsync(node, "nightly")).RunState == RunState.Succeeded);
        Assert.NotNull((await PostAsync<ScheduleView>(node, "nightly/resume")).NextFireTime);
        Assert.Equal("nightly", Assert.Single((await node.GetAsync<ScheduleListView>("schedules")).Schedules).Name);

        await RefusedAsync(node);

        using HttpResponseMessage deleted = await node.Admin.DeleteAsync(Path("nightly"));
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        using HttpResponseMessage gone = await node.Admin.GetAsync(Path("nightly"));
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    // T01: another project's token gets the same answer whether or not there is such a schedule; a key without the scope changes nothing.
    private static async Task RefusedAsync(Node node)
    {
        using HttpClient stranger = await ClientAsync(node, "p-other", "admin");
        using HttpClient reader = await ClientAsync(node, Node.Project, "read");
        foreach (string name in new[] { "nightly", "none" })
        {
            foreach (string path in new[] { name, $"{name}/history" })
            {
                Assert.Equal(HttpStatusCode.Forbidden, (await stranger.GetAsync(Path(path))).StatusCode);
            }

            foreach (string path in new[] { $"{name}/pause", $"{name}/resume", $"{name}/run-now" })
            {
                Assert.Equal(HttpStatusCode.Forbidden, (await stranger.PostAsync(Path(path), null)).StatusCode);
                Assert.Equal(HttpStatusCode.Forbidden, (await reader.PostAsync(Path(path), null)).StatusCode);
            }

            Assert.Equal(HttpStatusCode.Forbidden, (await stranger.DeleteAsync(Path(name))).StatusCode);
            Assert.Equal(HttpStatusCode.Forbidden, (await reader.DeleteAsync(Path(name))).StatusCode);
            Assert.Equal(HttpStatusCode.Forbidden, (await stranger.PutAsJsonAsync(Path(name), new { cron = "* * * * *", app = "quick" })).StatusCode);
        }

        Assert.Equal(HttpStatusCode.OK, (await reader.GetAsync(Path("nightly"))).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.GetAsync("/api/v1/projects/p-other/schedules/nightly")).StatusCode);
        Assert.Equal("""{"schedules":[]}""", await stranger.GetStringAsync("/api/v1/projects/p-other/schedules"));
        foreach (object bad in new object[]
        {
            new { cron = "nonsense", app = "quick" }, new { cron = "0 0 30 2 *", app = "quick" }, new { cron = "* * * * *", app = "quick", time_zone = "Mars" },
            new { cron = "* * * * *", app = "quick", call = new { delay = "5s" } }, new { cron = "* * * * *", app = "quick", misfire_limit = 0 }, new { cron = "* * * * *" },
        })
        {
            using HttpResponseMessage refused = await PutAsync(node, "bad", bad);
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        }

        using HttpResponseMessage unknown = await PutAsync(node, "bad", new { cron = "* * * * *", app = "unknown" });
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
    }

    private static async Task<Node> StartAsync()
    {
        Node node = await Node.StartAsync();
        await node.DeployAsync("quick", node.Folder("quick", "quick.py").Toml("max_replicas = 1"));
        return node;
    }

    private static async Task<HttpClient> ClientAsync(Node node, string project, string scope)
    {
        using HttpResponseMessage issued = await node.Admin.PostAsJsonAsync($"/api/v1/projects/{project}/keys", new { name = "k", scopes = new[] { scope } });
        var client = new HttpClient { BaseAddress = node.Control };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await Node.Json<KeyView>(issued)).Token);
        return client;
    }

    private static string Path(string rest) => $"/api/v1/projects/{Node.Project}/schedules/{rest}";

    private static Task<HttpResponseMessage> PutAsync(Node node, string name, object body) => node.Admin.PutAsJsonAsync(Path(name), body);

    private static async Task<T> PostAsync<T>(Node node, string rest)
    {
        using HttpResponseMessage answer = await node.Admin.PostAsync(Path(rest), null);
        return await Node.Json<T>(answer);
    }

    private static async Task<IReadOnlyList<ScheduleFireView>> HistoryAsync(Node node, string name) =>
        (await node.GetAsync<ScheduleHistoryView>($"schedules/{name}/history?limit=1000")).Fires;

    private static async Task<RunListView> RunsAsync(Node node)
    {
        using HttpResponseMessage answer = await node.Calls.GetAsync($"/api/v1/projects/{Node.Project}/runs?limit=1000");
        return await Node.Json<RunListView>(answer);
    }
}
