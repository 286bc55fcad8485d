using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Tests.Harness;

namespace InterCluster.Storage.Tests.Conformance;

public abstract class SubmitConformance(StoreHarness store) : StoreConformance(store)
{
    [Fact]
    public async Task Submit_stores_everything_about_the_run()
    {
        NewRun run = Some.Run(Time) with { Priority = RunPriority.High, MaxAttempts = 7, SubmittedBy = "key" };

        SubmitResult result = await Store.SubmitAsync(run);

        Assert.Equal(new SubmitResult(run.Id, SubmitOutcome.Accepted), result);
        var expected = new RunInfo
        {
            Id = run.Id, Function = run.Function, State = RunState.Queued, Method = "POST", PathAndQuery = "/work?x=1", Priority = RunPriority.High,
            MaxAttempts = 7, CreatedAt = run.CreatedAt,
        };
        Assert.Equal(expected, await Store.InfoAsync(run.Id));
        Assert.Null(await Runs.GetResponseAsync(Some.Project, run.Id, default));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3_000_000)]
    public async Task Submit_keeps_the_request_as_it_came(int bodySize)
    {
        byte[] body = new byte[bodySize];
        new Random(bodySize).NextBytes(body);
        var request = new RunRequest("PUT", "/a%20b/ü?q=\"'--", [new("A", ""), new("a", new string('x', 20_000)), new("Ä", "\u20ac \U0001F600")], body);
        NewRun run = Some.Run(Time) with { Request = request };
        await Store.SubmitAsync(run);

        ClaimedRun claimed = await Store.ClaimAsync(run.Id);

        Assert.Equal((request.Method, request.PathAndQuery), (claimed.Request.Method, claimed.Request.PathAndQuery));
        Assert.Equal(request.Headers, claimed.Request.Headers);
        Assert.Equal(body, claimed.Request.Body.ToArray());
    }

    [Fact]
    public async Task Submit_with_a_future_time_schedules()
    {
        NewRun run = Some.Run(Time) with { RunAt = Time.GetUtcNow().AddSeconds(30) };

        await Store.SubmitAsync(run);

        RunInfo info = await Store.InfoAsync(run.Id);
        Assert.Equal((RunState.Scheduled, run.RunAt), (info.State, info.RunAt));
        Assert.Empty(await Runs.ClaimAsync([run.Id], "worker", Some.Lease, default));
    }

    [Fact]
    public async Task Submit_with_a_past_time_queues()
    {
        NewRun run = Some.Run(Time) with { RunAt = Time.GetUtcNow() };

        await Store.SubmitAsync(run);

        Assert.Equal(RunState.Queued, (await Store.InfoAsync(run.Id)).State);
    }

    [Fact]
    public async Task Submit_of_a_taken_id_fails_alone()
    {
        NewRun first = Some.Run(Time);
        await Store.SubmitAsync(first);
        NewRun[] others = [.. Enumerable.Range(0, 20).Select(_ => Some.Run(Time))];

        Task<SubmitResult>[] good = [.. others.Take(10).Select(r => Store.SubmitAsync(r).AsTask())];
        Task<SubmitResult> bad = Store.SubmitAsync(first with { Function = new FunctionId(Some.App, "never-stored") }).AsTask();
        Task<SubmitResult>[] more = [.. others.Skip(10).Select(r => Store.SubmitAsync(r).AsTask())];

        await Assert.ThrowsAsync<InvalidOperationException>(() => bad);
        await Task.WhenAll([.. good, .. more]);
        foreach (NewRun other in others)
        {
            Assert.Equal(RunState.Queued, (await Store.InfoAsync(other.Id)).State);
        }

        FunctionDepth depth = Assert.Single(await Runs.DepthsAsync(default));
        Assert.Equal(new FunctionDepth(Some.Function, 0, 21, 0), depth);

        // The function that only the failed run named must be usable afterwards.
        NewRun again = Some.Run(Time, new FunctionId(Some.App, "never-stored"));
        await Store.SubmitAsync(again);
        Assert.Equal("never-stored", (await Store.InfoAsync(again.Id)).Function.Function);
    }

    [Fact]
    public async Task Key_used_again_with_the_same_request_returns_the_first_run()
    {
        NewRun first = Some.Run(Time) with { IdempotencyKey = "k" };
        NewRun second = Some.Run(Time) with { IdempotencyKey = "k", Priority = RunPriority.Low };

        await Store.SubmitAsync(first);
        SubmitResult result = await Store.SubmitAsync(second);

        Assert.Equal(new SubmitResult(first.Id, SubmitOutcome.Duplicate), result);
        Assert.Null(await Runs.GetAsync(Some.Project, second.Id, default));
    }

    [Theory]
    [InlineData("PUT", "/work?x=1", "text/plain", "hello")]
    [InlineData("POST", "/work?x=2", "text/plain", "hello")]
    [InlineData("POST", "/work?x=1", "text/html", "hello")]
    [InlineData("POST", "/work?x=1", "text/plain", "hello!")]
    public async Task Key_used_again_with_another_request_is_a_mismatch(string method, string path, string type, string body)
    {
        NewRun first = Some.Run(Time) with { IdempotencyKey = "k" };
        var other = new RunRequest(method, path, [new("content-type", type)], System.Text.Encoding.UTF8.GetBytes(body));

        await Store.SubmitAsync(first);
        SubmitResult result = await Store.SubmitAsync(Some.Run(Time) with { IdempotencyKey = "k", Request = other });

        Assert.Equal(new SubmitResult(first.Id, SubmitOutcome.Mismatch), result);
    }

    [Fact]
    public async Task Key_is_of_its_project_app_and_function_alone()
    {
        FunctionId[] functions =
        [
            Some.Function, new(Some.App, "other"), new(new AppId(Some.Project, "app2"), "work"), new(new AppId("p-two", "app"), "work"),
        ];

        SubmitResult[] results = await Task.WhenAll(functions.Select(f => Store.SubmitAsync(Some.Run(Time, f) with { IdempotencyKey = "k" }).AsTask()));

        Assert.All(results, r => Assert.Equal(SubmitOutcome.Accepted, r.Outcome));
        Assert.Equal(functions.Length, results.Select(r => r.Id).Distinct().Count());
    }

    [Fact]
    public async Task Key_ends_with_its_lifetime()
    {
        NewRun first = Some.Run(Time) with { IdempotencyKey = "k" };
        await Store.SubmitAsync(first);

        Time.Advance(TimeSpan.FromHours(24) - TimeSpan.FromSeconds(1));
        Assert.Equal(SubmitOutcome.Duplicate, (await Store.SubmitAsync(Some.Run(Time) with { IdempotencyKey = "k" })).Outcome);
        Time.Advance(TimeSpan.FromSeconds(1));
        NewRun later = Some.Run(Time) with { IdempotencyKey = "k" };
        Assert.Equal(new SubmitResult(later.Id, SubmitOutcome.Accepted), await Store.SubmitAsync(later));
        Assert.Equal(later.Id, (await Store.SubmitAsync(Some.Run(Time) with { IdempotencyKey = "k" })).Id);
    }

    [Fact]
    public async Task Key_used_fifty_times_at_once_stores_one_run()
    {
        NewRun[] runs = [.. Enumerable.Range(0, 50).Select(_ => Some.Run(Time) with { IdempotencyKey = "k" })];

        SubmitResult[] results = await Task.WhenAll(runs.Select(r => Task.Run(() => Store.SubmitAsync(r).AsTask())));

        RunId winner = Assert.Single(results, r => r.Outcome == SubmitOutcome.Accepted).Id;
        Assert.All(results, r => Assert.Equal(winner, r.Id));
        Assert.Single((await Runs.ListAsync(new RunFilter(Some.Project), null, 100, default)).Runs);
    }

    [Fact]
    public async Task Submit_with_a_cancelled_token_stores_nothing()
    {
        NewRun run = Some.Run(Time);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Runs.SubmitAsync(run, new CancellationToken(canceled: true)).AsTask());

        Assert.Null(await Runs.GetAsync(Some.Project, run.Id, default));
    }
}
