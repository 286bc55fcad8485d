using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Tests.Harness;

namespace InterCluster.Storage.Tests.Conformance;

public abstract class CommandConformance(StoreHarness store) : StoreConformance(store)
{
    [Fact]
    public async Task Cancel_ends_a_run_that_waits()
    {
        RunId queued = await Store.SubmitAsync();
        NewRun scheduled = Some.Run(Time) with { RunAt = Time.GetUtcNow().AddSeconds(9) };
        await Store.SubmitAsync(scheduled);
        List<RunId> requested = [];
        Runs.CancelRequested += requested.Add;

        Assert.Equal(RunState.Queued, await Runs.CancelAsync(Some.Project, queued, default));
        Assert.Equal(RunState.Scheduled, await Runs.CancelAsync(Some.Project, scheduled.Id, default));
        Assert.Equal(RunState.Cancelled, await Runs.CancelAsync(Some.Project, queued, default));

        RunInfo info = await Store.InfoAsync(queued);
        Assert.Equal((RunState.Cancelled, Time.GetUtcNow()), (info.State, info.FinishedAt));
        Assert.Empty(requested);
    }

    [Fact]
    public async Task Cancel_of_a_running_run_wins_over_its_worker()
    {
        RunId id = await Store.SubmitAsync();
        ClaimedRun run = await Store.ClaimAsync(id);
        List<RunId> requested = [];
        Runs.CancelRequested += requested.Add;

        Assert.Equal(RunState.Running, await Runs.CancelAsync(Some.Project, id, default));

        Assert.Equal([id], requested);
        Assert.False(await Store.SettleAsync(Settlement.Succeeded(id, run.Lease, Some.Response(200, ""))));
        Assert.Equal([false], await Runs.RenewAsync([new(id, run.Lease)], Some.Lease, default));
        Assert.Equal(RunState.Cancelled, (await Store.InfoAsync(id)).State);
    }

    [Fact]
    public async Task Cancel_leaves_a_terminal_run_as_it_is()
    {
        RunId id = await Store.SubmitAsync();
        await Store.SettleAsync(Settlement.Succeeded(id, (await Store.ClaimAsync(id)).Lease, Some.Response(200, "")));
        RunInfo before = await Store.InfoAsync(id);

        Assert.Equal(RunState.Succeeded, await Runs.CancelAsync(Some.Project, id, default));

        Assert.Equal(before, await Store.InfoAsync(id));
    }

    [Fact]
    public async Task Commands_and_reads_do_not_reach_into_another_project()
    {
        RunId id = await Store.SubmitAsync();

        Assert.Null(await Runs.CancelAsync("p-two", id, default));
        Assert.Null(await Runs.ReplayAsync("p-two", id, default));
        Assert.Null(await Runs.GetAsync("p-two", id, default));
        Assert.Empty((await Runs.ListAsync(new RunFilter("p-two"), null, 10, default)).Runs);
        Assert.Equal(RunState.Queued, (await Store.InfoAsync(id)).State);
    }

    [Theory]
    [InlineData(RunState.Failed)]
    [InlineData(RunState.Dead)]
    public async Task Replay_starts_over_under_a_higher_lease(RunState end)
    {
        RunId id = await Store.SubmitAsync();
        ClaimedRun run = await Store.ClaimAsync(id);
        RunResponse answer = Some.Response(500, "no");
        await Store.SettleAsync(end == RunState.Dead
            ? Settlement.Dead(id, run.Lease, RunErrors.FunctionError, answer) : Settlement.Failed(id, run.Lease, RunErrors.FunctionError, answer));

        Assert.Equal(end, await Runs.ReplayAsync(Some.Project, id, default));

        RunInfo info = await Store.InfoAsync(id);
        Assert.Equal((RunState.Queued, 0, 0, null, null, null), (info.State, info.Attempt, info.Crashes, info.Status, info.Error, info.FinishedAt));
        Assert.Null(await Runs.GetResponseAsync(Some.Project, id, default));
        ClaimedRun again = await Store.ClaimAsync(id);
        Assert.Equal((1, run.Lease + 1), (again.Attempt, again.Lease));
        Assert.False(await Store.SettleAsync(Settlement.Succeeded(id, run.Lease, answer)));
    }

    [Fact]
    public async Task Replay_leaves_every_other_state()
    {
        RunId queued = await Store.SubmitAsync();
        RunId cancelled = await Store.SubmitAsync();
        await Runs.CancelAsync(Some.Project, cancelled, default);

        Assert.Equal(RunState.Queued, await Runs.ReplayAsync(Some.Project, queued, default));
        Assert.Equal(RunState.Cancelled, await Runs.ReplayAsync(Some.Project, cancelled, default));
        Assert.Equal(RunState.Cancelled, (await Store.InfoAsync(cancelled)).State);
    }

    [Fact]
    public async Task Failing_an_app_ends_what_waits_of_it_and_nothing_else()
    {
        RunId queued = await Store.SubmitAsync();
        NewRun scheduled = Some.Run(Time, new FunctionId(Some.App, "two")) with { RunAt = Time.GetUtcNow().AddSeconds(9) };
        await Store.SubmitAsync(scheduled);
        RunId running = await Store.SubmitAsync();
        await Store.ClaimAsync(running);
        RunId other = await Store.SubmitAsync(new FunctionId(new AppId(Some.Project, "other"), "work"));

        Assert.Equal(2, await Runs.FailAppAsync(Some.App, default));

        Assert.Equal((RunState.Failed, RunErrors.AppNotFound), ((await Store.InfoAsync(queued)).State, (await Store.InfoAsync(queued)).Error));
        Assert.Equal(RunState.Failed, (await Store.InfoAsync(scheduled.Id)).State);
        Assert.Equal(RunState.Running, (await Store.InfoAsync(running)).State);
        Assert.Equal(RunState.Queued, (await Store.InfoAsync(other)).State);
    }

    [Fact]
    public async Task Failing_an_app_reaches_the_end_of_a_deep_queue()
    {
        const int Count = 5000;
        await Task.WhenAll(Enumerable.Range(0, Count).Select(_ => Store.SubmitAsync(Some.Run(Time)).AsTask()));

        Assert.Equal(Count, await Runs.FailAppAsync(Some.App, default));

        Assert.Empty(await Runs.DepthsAsync(default));
        Assert.Equal(0, await Runs.FailAppAsync(Some.App, default));
    }

    [Fact]
    public async Task Finished_is_raised_once_for_each_run_that_ends()
    {
        List<RunId> finished = [];
        Runs.Finished += _ => throw new InvalidOperationException("a bad handler harms nobody");
        Runs.Finished += ids => finished.AddRange(ids);
        RunId succeeded = await Store.SubmitAsync();
        RunId cancelled = await Store.SubmitAsync();
        RunId failed = await Store.SubmitAsync(new FunctionId(new AppId(Some.Project, "other"), "work"));
        RunId dead = (await Store.SubmitAsync(Some.Run(Time) with { MaxAttempts = 1 })).Id;
        RunId retried = await Store.SubmitAsync();

        await Store.SettleAsync(Settlement.Succeeded(succeeded, (await Store.ClaimAsync(succeeded)).Lease, Some.Response(200, "")));
        await Runs.CancelAsync(Some.Project, cancelled, default);
        await Runs.FailAppAsync(new AppId(Some.Project, "other"), default);
        await Store.SettleAsync(Settlement.GiveBack(retried, (await Store.ClaimAsync(retried)).Lease, Time.GetUtcNow().AddDays(1)));
        await Store.ClaimAsync(dead);
        Time.Advance(Some.Lease);
        await Runs.SweepAsync(3, 100, default);

        Assert.Equal([succeeded, cancelled, failed, dead], finished);
    }

    [Fact]
    public async Task Finished_is_told_after_the_commit()
    {
        RunId id = await Store.SubmitAsync();
        var seen = new TaskCompletionSource<RunState>(TaskCreationOptions.RunContinuationsAsynchronously);
        Runs.Finished += ids => _ = ReadAsync(ids[0]);

        await Runs.CancelAsync(Some.Project, id, default);

        Assert.Equal(RunState.Cancelled, await seen.Task.WaitAsync(TimeSpan.FromSeconds(10)));

        async Task ReadAsync(RunId run) => seen.TrySetResult((await Store.InfoAsync(run)).State);
    }
}
