using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Tests.Harness;

namespace InterCluster.Storage.Tests.Conformance;

/// <summary>What a run carries beside its call, and what follows from it: lanes, waits, tags, origins, commands on many.</summary>
public abstract class MarkConformance(StoreHarness store) : StoreConformance(store)
{
    [Fact]
    public async Task Submit_stores_the_tag_the_origin_and_the_age()
    {
        NewRun run = Some.Run(Time) with { Tag = "night ü", Origin = RunId.New(Time), MaxAge = TimeSpan.FromHours(2) };

        await Store.SubmitAsync(run);

        RunInfo info = await Store.InfoAsync(run.Id);
        Assert.Equal((run.Tag, run.Origin, run.CreatedAt.AddHours(2)), (info.Tag, info.Origin, info.ExpiresAt));
        Assert.Equal((null, null), (info.Batch, info.Line));
    }

    [Fact]
    public async Task A_claim_brings_the_waits_of_the_function()
    {
        var backoff = new Backoff(TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(40));
        NewRun own = Some.Run(Time) with { Backoff = backoff };
        await Store.SubmitAsync(own);
        RunId plain = await Store.SubmitAsync();

        Assert.Equal(backoff, (await Store.ClaimAsync(own.Id)).Backoff);
        Assert.Null((await Store.ClaimAsync(plain)).Backoff);
    }

    [Fact]
    public async Task A_lane_goes_before_the_one_below_and_keeps_its_order()
    {
        RunId low = await SubmitAsync(RunPriority.Low);
        RunId normal = await SubmitAsync(RunPriority.Normal);
        RunId high = await SubmitAsync(RunPriority.High);
        RunId secondHigh = await SubmitAsync(RunPriority.High);
        RunId secondLow = await SubmitAsync(RunPriority.Low);

        Assert.Equal([high, secondHigh, normal, low, secondLow], await ClaimAllAsync());
    }

    [Fact]
    public async Task No_lane_starves_another()
    {
        RunId low = await SubmitAsync(RunPriority.Low);
        RunId normal = await SubmitAsync(RunPriority.Normal);
        Time.Advance(PriorityLanes.LaneHead - TimeSpan.FromSeconds(1));
        RunId high = await SubmitAsync(RunPriority.High);
        Time.Advance(TimeSpan.FromSeconds(2));
        RunId lateNormal = await SubmitAsync(RunPriority.Normal);
        RunId lateHigh = await SubmitAsync(RunPriority.High);
        Time.Advance(PriorityLanes.LaneHead);
        RunId latestHigh = await SubmitAsync(RunPriority.High);

        Assert.Equal([high, normal, lateHigh, low, lateNormal, latestHigh], await ClaimAllAsync());
    }

    [Fact]
    public async Task A_list_by_tag_holds_its_runs_newest_first_and_no_others()
    {
        var other = new FunctionId(new AppId("p-two", "app"), "work");
        List<RunId> tagged = [];
        for (int i = 0; i < 7; i++)
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            NewRun run = Some.Run(Time) with { Tag = "t" };
            await Store.SubmitAsync(run);
            await Store.SubmitAsync(Some.Run(Time) with { Tag = "T" });
            await Store.SubmitAsync(Some.Run(Time, other) with { Tag = "t" });
            await Store.SubmitAsync();
            tagged.Insert(0, run.Id);
        }

        Assert.Equal(tagged, await PagesAsync(new RunFilter(Some.Project) { Tag = "t" }, 3));
        await Runs.CancelAsync(Some.Project, tagged[2], default);
        Assert.Equal([tagged[2]], await PagesAsync(new RunFilter(Some.Project, State: RunState.Cancelled) { Tag = "t" }, 3));
        Assert.Equal(tagged[..2], await PagesAsync(new RunFilter(Some.Project, From: Time.GetUtcNow().AddSeconds(-1)) { Tag = "t" }, 3));
        Assert.Equal(tagged[4..], await PagesAsync(new RunFilter(Some.Project, To: Time.GetUtcNow().AddSeconds(-3)) { Tag = "t" }, 3));
        Assert.Empty(await PagesAsync(new RunFilter(Some.Project, Function: "none") { Tag = "t" }, 3));
        Assert.Empty(await PagesAsync(new RunFilter(Some.Project) { Tag = "none" }, 3));
    }

    [Fact]
    public async Task Many_are_cancelled_and_replayed_in_one_call_each_by_its_state()
    {
        RunId queued = await Store.SubmitAsync();
        RunId running = await Store.SubmitAsync();
        RunId dead = await Store.SubmitAsync();
        await Store.ClaimAsync(running);
        await Store.SettleAsync(Settlement.Dead(dead, (await Store.ClaimAsync(dead)).Lease, RunErrors.FunctionError, null));
        RunId foreign = (await Store.SubmitAsync(Some.Run(Time, new FunctionId(new AppId("p-two", "app"), "work")))).Id;
        RunId unknown = RunId.New(Time);
        List<RunId> requested = [];
        Runs.CancelRequested += requested.Add;

        Assert.Equal(
            [RunState.Queued, null, RunState.Running, RunState.Dead, null, RunState.Cancelled],
            await Runs.CancelAsync(Some.Project, [queued, unknown, running, dead, foreign, queued], default));
        Assert.Equal([running], requested);
        Assert.Equal(
            [RunState.Cancelled, RunState.Dead, null, RunState.Queued], await Runs.ReplayAsync(Some.Project, [queued, dead, foreign, dead], default));
        Assert.Empty(await Runs.CancelAsync(Some.Project, [], default));
        Assert.Equal(RunState.Queued, (await Runs.GetAsync("p-two", foreign, default))?.State);
    }

    // No two in the same instant: a real clock does not stand still either.
    private async Task<RunId> SubmitAsync(RunPriority priority)
    {
        Time.Advance(TimeSpan.FromMilliseconds(1));
        return (await Store.SubmitAsync(Some.Run(Time) with { Priority = priority })).Id;
    }

    private async Task<IEnumerable<RunId>> ClaimAllAsync() =>
        (await Runs.ClaimNextAsync(Some.Function, 100, "worker", Some.Lease, default)).Select(r => r.Id);

    private async Task<List<RunId>> PagesAsync(RunFilter filter, int limit)
    {
        var ids = new List<RunId>();
        RunId? cursor = null;
        do
        {
            RunPage page = await Runs.ListAsync(filter, cursor, limit, default);
            Assert.InRange(page.Runs.Count, 0, limit);
            ids.AddRange(page.Runs.Select(r => r.Id));
            cursor = page.Next;
        }
        while (cursor is not null);

        return ids;
    }
}
