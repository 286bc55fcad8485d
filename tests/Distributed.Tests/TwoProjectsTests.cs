using System.Net;
using System.Net.Http.Headers;
using InterCluster.Core.Runs;
using InterCluster.Distributed.Tests.Support;
using InterCluster.Workers.Tests.Harness;
using Microsoft.AspNetCore.Http;

namespace InterCluster.Distributed.Tests;

/// <summary>Two projects on one server: on one connection (RELIABILITY T06), one of them flooding it (L04), and runs beside calls (L11).</summary>
public sealed class TwoProjectsTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const string Other = "p-other";
    private static readonly TimeSpan Work = TimeSpan.FromMilliseconds(50);

    private Function _echo = null!;
    private Function _slow = null!;
    private TestServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _echo = await Function.StartAsync((context, seen) => context.Response.WriteAsync($"{seen.Headers["X-InterCluster-Project"]} {seen.Body}"));
        _slow = await Function.StartAsync((context, _) => Task.Delay(Work, TimeProvider.System, context.RequestAborted));
        _server = await TestServer.StartAsync(null);
        foreach (string project in (string[])[TestServer.Project, Other])
        {
            await _server.DeployAsync("echo", _echo.Address, "[intercluster.scaling]\nreplica_concurrency = 50\n", project);
            await _server.DeployAsync("slow", _slow.Address, "[intercluster.scaling]\nreplica_concurrency = 8\n", project);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _echo.DisposeAsync();
        await _slow.DisposeAsync();
    }

    [Theory]
    [InlineData("1.1", 1)]
    [InlineData("2.0", 8)]
    public async Task Projects_in_turn_on_one_connection_get_their_own_answers(string version, int atOnce)
    {
        const int Turns = 4000;
        (string Project, string Token)[] callers = [await CallerAsync(TestServer.Project), await CallerAsync(Other)];
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, MaxConnectionsPerServer = 1 }) { BaseAddress = _server.Client.BaseAddress };
        int answered = 0;
        await Parallel.ForEachAsync(Enumerable.Range(0, Turns), new ParallelOptions { MaxDegreeOfParallelism = atOnce }, async (turn, ct) =>
        {
            (string project, string token) = callers[turn % 2];
            string other = callers[(turn + 1) % 2].Project;
            if (turn % 16 == 7)
            {
                await AbortAsync(client, version, project, token);
                return;
            }

            using HttpRequestMessage own = Request(version, project, token, "echo", $"turn {turn}");
            using HttpResponseMessage answer = await client.SendAsync(own, ct);
            Assert.Equal($"{project} turn {turn}", await answer.Content.ReadAsStringAsync(ct));
            Interlocked.Increment(ref answered);
            if (turn % 8 == 3)
            {
                // The other's app, with the own token, right after the other's call.
                using HttpRequestMessage foreign = Request(version, other, token, "echo", "mine");
                using HttpResponseMessage refused = await client.SendAsync(foreign, ct);
                Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
            }
        });

        Assert.Equal(Turns - (Turns / 16), answered);
        Assert.DoesNotContain(_echo.Calls, call => call.Body == "mine");
    }

    /// <summary>L04: one project has 50 times as many calls as it has slots, all the time.</summary>
    [Fact]
    public async Task A_project_that_floods_its_own_app_costs_the_other_no_call_and_little_time()
    {
        List<TimeSpan> idle = await CallAsync(100, Other, "echo");
        using var stop = new CancellationTokenSource();
        Task flood = Task.WhenAll(Enumerable.Range(0, 400).Select(_ => FloodAsync(stop.Token)));
        await Eventually.Async(() => _slow.MostInFlight == 8);

        List<TimeSpan> beside = await CallAsync(100, Other, "echo");
        await stop.CancelAsync();
        await flood;

        output.WriteLine($"p50 {idle[50].TotalMilliseconds:0.0} ms idle, {beside[50].TotalMilliseconds:0.0} ms beside the flood; p99 {idle[98].TotalMilliseconds:0.0}, {beside[98].TotalMilliseconds:0.0}");
        Assert.Equal(8, _slow.MostInFlight);
        Assert.InRange(beside[50], TimeSpan.Zero, (2 * idle[50]) + TimeSpan.FromMilliseconds(25));
        Assert.InRange(beside[98], TimeSpan.Zero, TimeSpan.FromMilliseconds(500));
    }

    /// <summary>L11: the slots are all taken by runs; a call waits for one of them to come free, not for those that wait.</summary>
    [Fact]
    public async Task A_backlog_of_runs_goes_on_beside_calls_that_pass_it()
    {
        const int Backlog = 20_000;
        await _server.SubmitManyAsync("slow", "work", Backlog);
        await Eventually.Async(() => _slow.MostInFlight == 8);
        int before = _slow.Calls.Count;

        List<TimeSpan> calls = await CallAsync(100, TestServer.Project, "slow");

        int runs = _slow.Calls.Count - before - 100;
        output.WriteLine($"calls of {Work.TotalMilliseconds} ms beside {Backlog} runs: p50 {calls[50].TotalMilliseconds:0.0} ms, p99 {calls[98].TotalMilliseconds:0.0} ms; {runs} runs meanwhile");
        // Its own work, a slot that comes free (of eight, each held as long), and what a loaded machine adds.
        Assert.InRange(calls[50], Work, 2 * Work + TimeSpan.FromMilliseconds(50));
        Assert.InRange(calls[98], Work, 2 * Work + TimeSpan.FromMilliseconds(500));
        Assert.InRange(runs, 100, Backlog);
        Assert.InRange((await _server.Get<IRunStore>().DepthsAsync(default)).Sum(d => (long)d.Queued), Backlog / 2, Backlog);
    }

    /// <summary>D26: a thousand failed runs are run again while others call.</summary>
    [Fact]
    public async Task A_thousand_failed_runs_that_are_replayed_all_end_and_hold_up_no_call()
    {
        const int Failed = 1000;
        bool broken = true;
        await using Function moody = await Function.StartAsync((context, _) =>
        {
            context.Response.StatusCode = Volatile.Read(ref broken) ? StatusCodes.Status400BadRequest : StatusCodes.Status200OK;
            return Task.CompletedTask;
        });
        await _server.DeployAsync("moody", moody.Address, "[intercluster.scaling]\nreplica_concurrency = 50\n");
        await _server.SubmitManyAsync("moody", "work", Failed);
        await Until.TrueAsync(async () => await CountAsync(RunState.Failed) == Failed, "all have failed");
        List<TimeSpan> idle = await CallAsync(300, Other, "echo");

        Volatile.Write(ref broken, false);
        using HttpResponseMessage replayed = await _server.Client.PostAsync($"/api/v1/projects/{TestServer.Project}/runs/replay?app=moody&limit={Failed}", null);
        Assert.Equal(HttpStatusCode.OK, replayed.StatusCode);
        List<TimeSpan> beside = await CallAsync(300, Other, "echo");

        await Until.TrueAsync(async () => await CountAsync(RunState.Succeeded) == Failed, "all have succeeded");
        output.WriteLine($"p99 {idle[296].TotalMilliseconds:0.0} ms before, {beside[296].TotalMilliseconds:0.0} ms beside the replay");
        Assert.Equal(2 * Failed, moody.Calls.Count);
        Assert.InRange(beside[296], TimeSpan.Zero, idle[296] + TimeSpan.FromMilliseconds(250));
    }

    private async Task<int> CountAsync(RunState state) => (await _server.Get<IRunStore>().ListAsync(
        new RunFilter(TestServer.Project) { App = "moody", State = state }, null, 1000, CancellationToken.None)).Runs.Count;

    private static HttpRequestMessage Request(string version, string project, string token, string app, string body) => new(HttpMethod.Post, $"/v4/{project}/{app}/work")
    {
        Version = Version.Parse(version), VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new StringContent(body),
        Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token) },
    };

    // Left while its function works: its slot, its stream and its connection go back, or end.
    private static async Task AbortAsync(HttpClient client, string version, string project, string token)
    {
        using var left = new CancellationTokenSource();
        using HttpRequestMessage slow = Request(version, project, token, "slow", "left");
        Task<HttpResponseMessage> call = client.SendAsync(slow, left.Token);
        await Task.Yield();
        await left.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }

    private async Task<(string Project, string Token)> CallerAsync(string project) => (project, await _server.IssueAsync(project, "caller"));

    private async Task FloodAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            using HttpResponseMessage answer = await _server.Client.GetAsync($"/v4/{TestServer.Project}/slow/work", CancellationToken.None);
            Assert.True(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable, $"{answer.StatusCode}");
        }
    }

    private async Task<List<TimeSpan>> CallAsync(int calls, string project, string app)
    {
        var took = new List<TimeSpan>();
        for (int i = 0; i < calls; i++)
        {
            long began = TimeProvider.System.GetTimestamp();
            using HttpResponseMessage answer = await _server.Client.GetAsync($"/v4/{project}/{app}/now");
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            took.Add(TimeProvider.System.GetElapsedTime(began));
        }

        took.Sort();
        return took;
    }
}
