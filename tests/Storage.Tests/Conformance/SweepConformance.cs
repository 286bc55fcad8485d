using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Tests.Harness;

namespace InterCluster.Storage.Tests.Conformance;

public abstract class SweepConformance(StoreHarness store) : StoreConformance(store)
{
    [Fact]
    public async Task Sweep_promotes_what_is_due_and_tells_what_is_next()
    {
        NewRun soon = Some.Run(Time) with { RunAt = Time.GetUtcNow().AddSeconds(10) };
        NewRun later = Some.Run(Time) with { RunAt = Time.GetUtcNow().AddSeconds(20) };
        await Store.SubmitAsync(later);
        await Store.SubmitAsync(soon);
        Time.Advance(TimeSpan.FromSeconds(10));

        SweepResult result = await Runs.SweepAsync(3, 100, default);

        Assert.Equal((1, 0, 0, later.RunAt), (result.Due, result.Expired, result.Dead, result.NextDue));
        ReadyRuns ready = Assert.Single(result.Ready);
        Assert.Equal(Some.Function, ready.Function);
        Assert.Equal([soon.Id], ready.Ids);
        Assert.Equal(RunState.Queued, (await Store.InfoAsync(soon.Id)).State);
        Assert.Equal(RunState.Scheduled, (await Store.InfoAsync(later.Id)).State);
    }

    [Fact]
    public async Task Sweep_takes_no_more_than_its_limit_of_each_kind()
    {
        for (int i = 0; i < 5; i++)
        {
            await Store.SubmitAsync(Some.Run(Time) with { RunAt = Time.GetUtcNow().AddSeconds(1) });
            await Store.ClaimAsync(await Store.SubmitAsync());
        }

        Time.Advance(Some.Lease);

        SweepResult first = await Runs.SweepAsync(3, 3, default);
        SweepResult second = await Runs.SweepAsync(3, 3, default);

        Assert.Equal((3, 3), (first.Due, first.Expired));
        Assert.NotNull(first.NextDue);
        Assert.Equal((2, 2, null), (second.Due, second.Expired, second.NextDue));
    }

    [Fact]
    public async Task Sweep_counts_crashes_and_buries_after_the_last_one()
    {
        RunId id = await Store.SubmitAsync();
        for (int crash = 1; crash <= 2; crash++)
        {
            await Store.ClaimAsync(id);
            Time.Advance(Some.Lease);
            Assert.Equal((1, 0), ((await Runs.SweepAsync(3, 100, default)) is var r ? (r.Expired, r.Dead) : default));
            RunInfo back = await Store.InfoAsync(id);
            Assert.Equal((RunState.Queued, crash, crash, RunErrors.WorkerLost), (back.State, back.Crashes, back.Attempt, back.Error));
        }

        await Store.ClaimAsync(id);
        Time.Advance(Some.Lease);
        SweepResult last = await Runs.SweepAsync(3, 100, default);

        Assert.Equal((0, 1), (last.Expired, last.Dead));
        Assert.Empty(last.Ready);
        RunInfo dead = await Store.InfoAsync(id);
        Assert.Equal((RunState.Dead, 3, RunErrors.WorkerLost, Time.GetUtcNow()), (dead.State, dead.Crashes, dead.Error, dead.FinishedAt));
    }

    [Fact]
    public async Task Sweep_buries_a_run_whose_attempts_are_used_up()
    {
        NewRun run = Some.Run(Time) with { MaxAttempts = 1 };
        await Store.SubmitAsync(run);
        await Store.ClaimAsync(run.Id);
        Time.Advance(Some.Lease);

        Assert.Equal(1, (await Runs.SweepAsync(3, 100, default)).Dead);
    }

    [Fact]
    public async Task What_waits_too_long_is_dead_and_says_so()
    {
        NewRun queued = Some.Run(Time) with { MaxAge = TimeSpan.FromSeconds(10) };
        NewRun scheduled = Some.Run(Time) with { MaxAge = TimeSpan.FromSeconds(5), RunAt = Time.GetUtcNow().AddSeconds(5) };
        NewRun retried = Some.Run(Time) with { MaxAge = TimeSpan.FromSeconds(10) };
        NewRun running = Some.Run(Time) with { MaxAge = TimeSpan.FromSeconds(10) };
        foreach (NewRun run in new[] { queued, scheduled, retried, running })
        {
            await Store.SubmitAsync(run);
        }

        ClaimedRun claimed = await Store.ClaimAsync(retried.Id);
        await Store.SettleAsync(Settlement.Retry(retried.Id, claimed.Lease, RunErrors.FunctionError, Some.Response(503, "busy"), Time.GetUtcNow().AddHours(1)));
        await Store.ClaimAsync(running.Id);
        Assert.Equal(Time.GetUtcNow().AddSeconds(10), (await Store.InfoAsync(scheduled.Id)).ExpiresAt);
        SweepResult before = await Runs.SweepAsync(3, 100, default);
        Assert.Equal((0, Time.GetUtcNow().AddSeconds(5)), (before.TooOld, before.NextDue));

        Time.Advance(TimeSpan.FromSeconds(10));
        Assert.Empty(await Runs.ClaimAsync([queued.Id], "worker", Some.Lease, default));
        Assert.Empty(await Runs.ClaimNextAsync(Some.Function, 10, "worker", Some.Lease, default));
        SweepResult result = await Runs.SweepAsync(3, 100, default);

        Assert.Equal((3, 0, 0), (result.TooOld, result.Due, result.Dead));
        foreach (NewRun run in new[] { queued, scheduled, retried })
        {
            RunInfo info = await Store.InfoAsync(run.Id);
            Assert.Equal((RunState.Dead, RunErrors.Expired, Time.GetUtcNow()), (info.State, info.Error, info.FinishedAt));
        }

        Assert.Equal(503, (await Runs.GetResponseAsync(Some.Project, retried.Id, default))?.Status);
        Assert.Equal(RunState.Running, (await Store.InfoAsync(running.Id)).State);
    }

    [Fact]
    public async Task A_replay_of_what_was_too_old_is_young_again()
    {
        NewRun run = Some.Run(Time) with { MaxAge = TimeSpan.FromSeconds(10) };
        await Store.SubmitAsync(run);
        Time.Advance(TimeSpan.FromSeconds(10));
        await Runs.SweepAsync(3, 100, default);

        Assert.Equal(RunState.Dead, await Runs.ReplayAsync(Some.Project, run.Id, default));

        Assert.Equal(Time.GetUtcNow().AddSeconds(10), (await Store.InfoAsync(run.Id)).ExpiresAt);
        await Store.ClaimAsync(run.Id);
    }

    [Fact]
    public async Task A_pass_ends_no_more_old_runs_than_its_limit()
    {
        for (int i = 0; i < 5; i++)
        {
            await Store.SubmitAsync(Some.Run(Time) with { MaxAge = TimeSpan.FromSeconds(1), RunAt = i < 2 ? Time.GetUtcNow().AddDays(1) : null });
        }

        Time.Advance(TimeSpan.FromDays(2));

        Assert.Equal((3, 2, 0), (await PassAsync(), await PassAsync(), await PassAsync()));

        async Task<int> PassAsync() => (await Runs.SweepAsync(3, 3, default)).TooOld;
    }

    [Fact]
    public async Task Depths_follow_every_transition()
    {
        await Store.SubmitAsync(Some.Run(Time) with { RunAt = Time.GetUtcNow().AddSeconds(1) });
        await Store.SubmitAsync();
        RunId running = await Store.SubmitAsync();
        ClaimedRun claimed = await Store.ClaimAsync(running);

        Assert.Equal([new FunctionDepth(Some.Function, 1, 1, 1)], await Runs.DepthsAsync(default));
        await Store.SettleAsync(Settlement.Succeeded(running, claimed.Lease, Some.Response(200, "")));
        Assert.Equal([new FunctionDepth(Some.Function, 1, 1, 0)], await Runs.DepthsAsync(default));
        await Runs.FailAppAsync(Some.App, default);
        Assert.Empty(await Runs.DepthsAsync(default));
    }
}
