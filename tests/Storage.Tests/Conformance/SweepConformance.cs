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
    public async Task Ready_list_is_ordered_by_priority_then_age_and_leaves_out_the_young()
    {
        RunId low = (await Store.SubmitAsync(Some.Run(Time) with { Priority = RunPriority.Low })).Id;
        Time.Advance(TimeSpan.FromSeconds(1));
        RunId older = await Store.SubmitAsync();
        Time.Advance(TimeSpan.FromSeconds(1));
        RunId newer = await Store.SubmitAsync();
        RunId high = (await Store.SubmitAsync(Some.Run(Time) with { Priority = RunPriority.High })).Id;
        Time.Advance(TimeSpan.FromSeconds(1));
        DateTimeOffset before = Time.GetUtcNow();
        await Store.SubmitAsync();
        await Store.ClaimAsync(await Store.SubmitAsync());

        ReadyRuns ready = Assert.Single(await Runs.ListReadyAsync(before, 100, default));

        Assert.Equal([high, older, newer, low], ready.Ids);
        Assert.Equal([high, older], Assert.Single(await Runs.ListReadyAsync(before, 2, default)).Ids);
    }

    [Fact]
    public async Task Ready_list_shares_its_limit_between_functions()
    {
        var deep = new FunctionId(Some.App, "deep");
        var shallow = new FunctionId(Some.App, "shallow");
        for (int i = 0; i < 20; i++)
        {
            await Store.SubmitAsync(deep);
        }

        RunId only = await Store.SubmitAsync(shallow);
        Time.Advance(TimeSpan.FromSeconds(1));

        for (int pass = 0; pass < 4; pass++)
        {
            IReadOnlyList<ReadyRuns> ready = await Runs.ListReadyAsync(Time.GetUtcNow(), 10, default);

            Assert.Equal([only], ready.Single(r => r.Function == shallow).Ids);
            Assert.InRange(ready.Single(r => r.Function == deep).Ids.Count, 5, 9);
        }
    }

    [Fact]
    public async Task Ready_list_comes_to_every_function_when_there_are_more_than_its_limit()
    {
        FunctionId[] functions = [.. Enumerable.Range(0, 6).Select(n => new FunctionId(Some.App, $"f{n}"))];
        foreach (FunctionId function in functions)
        {
            await Store.SubmitAsync(function);
        }

        Time.Advance(TimeSpan.FromSeconds(1));
        var seen = new HashSet<FunctionId>();
        for (int pass = 0; pass < functions.Length; pass++)
        {
            IReadOnlyList<ReadyRuns> ready = await Runs.ListReadyAsync(Time.GetUtcNow(), 2, default);
            Assert.Equal(2, ready.Sum(r => r.Ids.Count));
            seen.UnionWith(ready.Select(r => r.Function));
        }

        Assert.Equal(functions.Length, seen.Count);
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
