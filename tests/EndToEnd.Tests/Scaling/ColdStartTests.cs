using System.Net;
using InterCluster.Core.Wire;
using InterCluster.EndToEnd.Tests.Support;

namespace InterCluster.EndToEnd.Tests.Scaling;

/// <summary>From nothing: bursts, races with the way down, apps that never come up (RELIABILITY W1, W2, W4).</summary>
public sealed class ColdStartTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Burst_on_a_function_without_replicas_starts_few_and_floods_none()
    {
        int calls = Size.Of(usual: 200, thorough: 1000);
        await using Node node = await Node.StartAsync();
        AppFolder folder = node.Folder("app");
        await node.DeployAsync("app", folder.Toml(
            "max_replicas = 3\nreplica_concurrency = 4\nqueue_timeout = \"60s\"\nqueue_max_length = 1000", "START_SECONDS = \"1\""));

        long started = TimeProvider.System.GetTimestamp();
        Who[] answers = await Task.WhenAll(Enumerable.Range(0, calls).Select(_ => node.AskAsync("app", "work/0.02")));

        output.WriteLine(
            $"{calls} calls answered in {TimeProvider.System.GetElapsedTime(started).TotalSeconds:0.0} s by {answers.DistinctBy(a => a.Pid).Count()} replicas, "
            + $"{folder.Starts} started; most in flight in one: {answers.Max(a => a.InFlight)}");
        Assert.InRange(folder.Starts, 1, 3);
        Assert.InRange(answers.Max(a => a.InFlight), 1, 4);
        // The hard limit was put to the test.
        Assert.Contains(answers, a => a.InFlight == 4);
    }

    [Fact]
    public async Task Calls_that_race_the_way_down_to_zero_are_all_answered()
    {
        const int Apps = 4;
        int trials = Size.Of(usual: 60, thorough: 2500);
        await using Node node = await Node.StartAsync();
        AppFolder[] folders = [.. Enumerable.Range(0, Apps).Select(i => node.Folder($"app-{i}", "quick.py"))];
        for (int i = 0; i < Apps; i++)
        {
            await node.DeployAsync($"app-{i}", folders[i].Toml("max_replicas = 1\ncooldown = \"100ms\""));
        }

        HttpStatusCode[][] statuses = await Task.WhenAll(Enumerable.Range(0, Apps).Select(i => RaceAsync(node, $"app-{i}", trials)));

        int starts = folders.Sum(f => f.Starts);
        output.WriteLine($"{Apps * trials} calls around the end of the cooldown, {starts} starts");
        Assert.All(statuses.SelectMany(s => s), status => Assert.Equal(HttpStatusCode.OK, status));
        // They did go down in between, and not each time: the race was run from both sides.
        Assert.InRange(starts, Apps + 1, Apps * trials);
    }

    [Fact]
    public async Task App_that_never_listens_is_answered_504_in_time_and_not_started_for_ever()
    {
        await using Node node = await Node.StartAsync("InterCluster:Replicas:StopGrace=00:00:00.5");
        AppFolder folder = node.Folder("never");
        AppFolder well = node.Folder("well");
        await node.DeployAsync("never", folder.Toml("max_replicas = 1\ncold_start_timeout = \"2s\"", "NEVER = \"yes\""));
        await node.DeployAsync("well", well.Toml("min_replicas = 1"));

        long asked = TimeProvider.System.GetTimestamp();
        using HttpResponseMessage first = await node.CallAsync("never", "who");
        TimeSpan waited = TimeProvider.System.GetElapsedTime(asked);
        ProblemView problem = System.Text.Json.JsonSerializer.Deserialize<ProblemView>(await first.Content.ReadAsStringAsync(), WireJson.Options)!;
        output.WriteLine($"{problem.Status} {problem.Code} after {waited.TotalSeconds:0.00} s");

        Assert.Equal((504, ProblemCodes.ColdStartTimeout, "gateway", true), (problem.Status, problem.Code, problem.RefusedBy, problem.Retryable));
        Assert.InRange(waited.TotalSeconds, 1.9, 4);
        while (!(await node.ReplicasAsync("never")).CrashLoop)
        {
            Assert.Equal("", (await node.AskAsync("well")).Version);
            using HttpResponseMessage next = await node.CallAsync("never", "who");
            Assert.Contains(next.StatusCode, new[] { HttpStatusCode.GatewayTimeout, HttpStatusCode.ServiceUnavailable });
        }

        Assert.InRange(folder.Starts, 1, 6);
        using HttpResponseMessage last = await node.CallAsync("never", "who");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, last.StatusCode);
        Assert.InRange(folder.Starts, 1, 6);
    }

    private static async Task<HttpStatusCode[]> RaceAsync(Node node, string app, int trials)
    {
        var statuses = new HttpStatusCode[trials];
        for (int trial = 0; trial < trials; trial++)
        {
            using HttpResponseMessage answer = await node.CallAsync(app, "");
            statuses[trial] = answer.StatusCode;
            // The cooldown, give or take: the pause is what is tried.
            using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(Random.Shared.Next(50, 200)));
            await pause.WaitForNextTickAsync();
        }

        return statuses;
    }
}
