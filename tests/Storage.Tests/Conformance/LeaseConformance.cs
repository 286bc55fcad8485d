using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Tests.Harness;

namespace InterCluster.Storage.Tests.Conformance;

public abstract class LeaseConformance(StoreHarness store) : StoreConformance(store)
{
    [Fact]
    public async Task Claim_takes_only_what_is_queued()
    {
        RunId queued = await Store.SubmitAsync();
        RunId running = await Store.SubmitAsync();
        await Store.ClaimAsync(running);
        RunId cancelled = await Store.SubmitAsync();
        await Runs.CancelAsync(Some.Project, cancelled, default);

        IReadOnlyList<ClaimedRun> claimed =
            await Runs.ClaimAsync([running, queued, cancelled, RunId.New(Time), queued], "worker", Some.Lease, default);

        ClaimedRun run = Assert.Single(claimed);
        Assert.Equal((queued, Some.Function, 1, 4, 1L, 0), (run.Id, run.Function, run.Attempt, run.MaxAttempts, run.Lease, run.Crashes));
        RunInfo info = await Store.InfoAsync(queued);
        Assert.Equal((RunState.Running, 1, 1L, Time.GetUtcNow()), (info.State, info.Attempt, info.Lease, info.StartedAt));
    }

    [Fact]
    public async Task Claim_next_follows_priority_then_age_within_the_function()
    {
        RunId low = (await Store.SubmitAsync(Some.Run(Time) with { Priority = RunPriority.Low })).Id;
        Time.Advance(TimeSpan.FromSeconds(1));
        RunId older = await Store.SubmitAsync();
        Time.Advance(TimeSpan.FromSeconds(1));
        RunId newer = await Store.SubmitAsync();
        RunId high = (await Store.SubmitAsync(Some.Run(Time) with { Priority = RunPriority.High })).Id;
        RunId other = await Store.SubmitAsync(new FunctionId(Some.App, "other"));
        DateTimeOffset ready = Time.GetUtcNow();
        Time.Advance(TimeSpan.FromSeconds(1));

        IReadOnlyList<ClaimedRun> first = await Runs.ClaimNextAsync(Some.Function, 3, "worker", Some.Lease, default);
        IReadOnlyList<ClaimedRun> rest = await Runs.ClaimNextAsync(Some.Function, 3, "worker", Some.Lease, default);

        Assert.Equal([high, older, newer], first.Select(r => r.Id));
        Assert.Equal(ready, first[0].ReadyAt);
        Assert.Equal([low], rest.Select(r => r.Id));
        Assert.Empty(await Runs.ClaimNextAsync(new FunctionId(Some.App, "unknown"), 3, "worker", Some.Lease, default));
        Assert.Equal(RunState.Queued, (await Store.InfoAsync(other)).State);
    }

    [Fact]
    public async Task Claims_at_once_never_give_a_run_twice()
    {
        NewRun[] runs = [.. Enumerable.Range(0, 300).Select(_ => Some.Run(Time))];
        await Task.WhenAll(runs.Select(r => Store.SubmitAsync(r).AsTask()));
        RunId[] ids = [.. runs.Select(r => r.Id)];

        Task<IReadOnlyList<ClaimedRun>>[] byId = [.. Enumerable.Range(0, 8).SelectMany(w => ids.Chunk(50).Select(
            chunk => Task.Run(() => Runs.ClaimAsync(chunk, $"worker-{w}", Some.Lease, default).AsTask())))];
        Task<IReadOnlyList<ClaimedRun>>[] next = [.. Enumerable.Range(0, 8).Select(
            w => Task.Run(() => Runs.ClaimNextAsync(Some.Function, 40, $"next-{w}", Some.Lease, default).AsTask()))];
        ClaimedRun[] claimed = [.. (await Task.WhenAll([.. byId, .. next])).SelectMany(c => c)];

        Assert.Equal(ids.OrderBy(id => id.Value), claimed.Select(c => c.Id).OrderBy(id => id.Value));
        Assert.All(claimed, c => Assert.Equal((1, 1L), (c.Attempt, c.Lease)));
    }

    [Fact]
    public async Task Settle_stores_the_answer_and_ends_the_run()
    {
        RunId id = await Store.SubmitAsync();
        ClaimedRun run = await Store.ClaimAsync(id);
        Time.Advance(TimeSpan.FromSeconds(2));
        var response = new RunResponse(201, [new("Set-Cookie", "a"), new("Set-Cookie", "b")], new byte[] { 0, 1, 255 });

        Assert.True(await Store.SettleAsync(Settlement.Succeeded(id, run.Lease, response)));

        RunInfo info = await Store.InfoAsync(id);
        Assert.Equal((RunState.Succeeded, 201, null, Time.GetUtcNow()), (info.State, info.Status, info.Error, info.FinishedAt));
        RunResponse? stored = await Runs.GetResponseAsync(Some.Project, id, default);
        Assert.NotNull(stored);
        Assert.Equal(201, stored.Status);
        Assert.Equal(response.Headers, stored.Headers);
        Assert.Equal(response.Body.ToArray(), stored.Body.ToArray());
        Assert.Null(await Runs.GetResponseAsync("p-two", id, default));
    }

    [Fact]
    public async Task Settle_of_a_lost_lease_changes_nothing()
    {
        RunId id = await Store.SubmitAsync();
        ClaimedRun zombie = await Store.ClaimAsync(id);
        Time.Advance(Some.Lease);
        await Runs.SweepAsync(3, 100, default);
        ClaimedRun second = await Store.ClaimAsync(id);

        Assert.False(await Store.SettleAsync(Settlement.Succeeded(id, zombie.Lease, Some.Response(200, "late"))));

        Assert.Equal((zombie.Lease + 1, 2, 1), (second.Lease, second.Attempt, second.Crashes));
        Assert.Equal(RunState.Running, (await Store.InfoAsync(id)).State);
        Assert.Null(await Runs.GetResponseAsync(Some.Project, id, default));
        Assert.True(await Store.SettleAsync(Settlement.Succeeded(id, second.Lease, Some.Response(200, "right"))));
        Assert.False(await Store.SettleAsync(Settlement.Failed(id, second.Lease, RunErrors.FunctionError, Some.Response(400, "again"))));
        Assert.Equal("right", System.Text.Encoding.UTF8.GetString((await Runs.GetResponseAsync(Some.Project, id, default))!.Body.Span));
    }

    [Fact]
    public async Task Settle_answers_in_the_order_of_the_question()
    {
        RunId first = await Store.SubmitAsync();
        RunId second = await Store.SubmitAsync();
        long lease = (await Store.ClaimAsync(first)).Lease;
        await Store.ClaimAsync(second);

        IReadOnlyList<bool> accepted = await Runs.SettleAsync(
            [
                Settlement.Succeeded(RunId.New(Time), 1, Some.Response(200, "")), Settlement.Succeeded(first, lease, Some.Response(200, "")),
                Settlement.Succeeded(second, lease + 1, Some.Response(200, "")), Settlement.Succeeded(second, lease, Some.Response(200, "")),
            ],
            default);

        Assert.Equal([false, true, false, true], accepted);
    }

    [Fact]
    public async Task Retry_waits_for_its_time_and_keeps_the_last_answer()
    {
        RunId id = await Store.SubmitAsync();
        ClaimedRun run = await Store.ClaimAsync(id);
        DateTimeOffset runAt = Time.GetUtcNow().AddSeconds(5);

        await Store.SettleAsync(Settlement.Retry(id, run.Lease, RunErrors.FunctionError, Some.Response(503, "busy"), runAt));

        RunInfo info = await Store.InfoAsync(id);
        Assert.Equal((RunState.Scheduled, runAt, 503, RunErrors.FunctionError, 1), (info.State, info.RunAt, info.Status, info.Error, info.Attempt));
        Assert.Equal(runAt, (await Runs.SweepAsync(3, 100, default)).NextDue);
        Time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(1, (await Runs.SweepAsync(3, 100, default)).Due);
        ClaimedRun again = await Store.ClaimAsync(id);
        await Store.SettleAsync(Settlement.Dead(id, again.Lease, RunErrors.ReplicaUnreachable, null));
        Assert.Equal(503, (await Runs.GetResponseAsync(Some.Project, id, default))!.Status);
        Assert.Equal((RunState.Dead, RunErrors.ReplicaUnreachable), ((await Store.InfoAsync(id)).State, (await Store.InfoAsync(id)).Error));
    }

    [Fact]
    public async Task Give_back_costs_no_attempt_but_a_lease_number()
    {
        RunId id = await Store.SubmitAsync();
        ClaimedRun run = await Store.ClaimAsync(id);

        await Store.SettleAsync(Settlement.GiveBack(id, run.Lease, Time.GetUtcNow()));

        Assert.Equal((RunState.Scheduled, 0), ((await Store.InfoAsync(id)).State, (await Store.InfoAsync(id)).Attempt));
        await Runs.SweepAsync(3, 100, default);
        ClaimedRun again = await Store.ClaimAsync(id);
        Assert.Equal((1, run.Lease + 1), (again.Attempt, again.Lease));
    }

    [Fact]
    public async Task Renew_holds_the_lease_from_now_on()
    {
        RunId id = await Store.SubmitAsync();
        ClaimedRun run = await Store.ClaimAsync(id);
        Time.Advance(Some.Lease - TimeSpan.FromSeconds(1));

        Assert.Equal([true, false], await Runs.RenewAsync([new(id, run.Lease), new(id, run.Lease + 1)], Some.Lease, default));

        Time.Advance(Some.Lease - TimeSpan.FromSeconds(1));
        Assert.Equal(0, (await Runs.SweepAsync(3, 100, default)).Expired);
        Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, (await Runs.SweepAsync(3, 100, default)).Expired);
    }

    [Fact]
    public async Task Renew_of_an_expired_lease_is_refused_before_any_sweep()
    {
        RunId id = await Store.SubmitAsync();
        ClaimedRun run = await Store.ClaimAsync(id);
        Time.Advance(Some.Lease);

        Assert.Equal([false], await Runs.RenewAsync([new(id, run.Lease)], Some.Lease, default));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public async Task A_jump_of_the_wall_clock_neither_ends_nor_prolongs_a_lease(int hours)
    {
        RunId id = await Store.SubmitAsync();
        ClaimedRun run = await Store.ClaimAsync(id);

        Time.JumpWallClock(TimeSpan.FromHours(hours));

        Assert.Equal(0, (await Runs.SweepAsync(3, 100, default)).Expired);
        Assert.Equal([true], await Runs.RenewAsync([new(id, run.Lease)], Some.Lease, default));
        Time.Advance(Some.Lease);
        Assert.Equal(1, (await Runs.SweepAsync(3, 100, default)).Expired);
    }
}
