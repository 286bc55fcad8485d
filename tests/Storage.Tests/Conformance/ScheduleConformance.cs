using InterCluster.Core.Apps;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Core.Schedules;
using InterCluster.Storage.Tests.Harness;

namespace InterCluster.Storage.Tests.Conformance;

public abstract class ScheduleConformance(StoreHarness store) : StoreConformance(store)
{
    private static DateTimeOffset Nine => StoreHarness.Start.AddHours(1);

    [Fact]
    public async Task Put_stores_the_whole_schedule_and_says_whether_it_is_new()
    {
        Schedule schedule = Daily("report") with
        {
            Priority = RunPriority.Low, MaxAttempts = 7, Misfire = MisfirePolicy.All, MisfireLimit = 5, Overlap = OverlapPolicy.Queue, Paused = true, UpdatedBy = "k1",
        };

        Assert.True(await Schedules.PutAsync(schedule, default));

        Schedule stored = (await Schedules.GetAsync(Some.Project, "report", default))!;
        Assert.Equal(schedule.Request.Body.ToArray(), stored.Request.Body.ToArray());
        Assert.Equal(schedule.Request.Headers, stored.Request.Headers);
        Assert.Equal(
            schedule with { CreatedAt = Time.GetUtcNow(), UpdatedAt = Time.GetUtcNow(), FiredUntil = Time.GetUtcNow(), Request = stored.Request }, stored);
        Assert.False(await Schedules.PutAsync(schedule, default));
        Assert.Null(await Schedules.GetAsync("p-two", "report", default));
    }

    [Fact]
    public async Task Runs_of_fire_times_keep_what_their_functions_policy_says_those_that_waited_too()
    {
        await Schedules.PutAsync(Daily("a") with { Overlap = OverlapPolicy.Queue }, default);
        var policy = new RunPolicy { MaxAge = TimeSpan.FromMinutes(10), RetryBase = TimeSpan.FromSeconds(3), RetryMax = TimeSpan.FromSeconds(9) };
        FireResult fired = await Schedules.FireAsync(new FireRequest(Some.Project, "a", [Nine, Nine.AddDays(1)], Nine.AddDays(1)) { Policy = policy }, default);
        RunId first = Assert.Single(fired.Started).Id;
        Assert.Equal(Time.GetUtcNow() + policy.MaxAge, (await Store.InfoAsync(first)).ExpiresAt);
        ClaimedRun run = await Store.ClaimAsync(first);
        Assert.Equal(new Backoff(policy.RetryBase, policy.RetryMax), run.Backoff);
        await Store.SettleAsync(Settlement.Succeeded(first, run.Lease, Some.Response(200, "")));

        RunId second = Assert.Single(await Schedules.StartWaitingAsync(10, _ => policy, default)).Id;

        Assert.Equal(Time.GetUtcNow() + policy.MaxAge, (await Store.InfoAsync(second)).ExpiresAt);
        Time.Advance(TimeSpan.FromMinutes(11));
        await Runs.SweepAsync(3, 10, default);
        Assert.Equal((RunState.Dead, RunErrors.Expired), ((await Store.InfoAsync(second)).State, (await Store.InfoAsync(second)).Error));
    }

    [Fact]
    public async Task The_stamp_tells_of_every_change_and_of_what_waits()
    {
        var seen = new List<ScheduleStamp> { await Schedules.StampAsync(default) };
        await ChangeAsync(() => Schedules.PutAsync(Daily("a") with { Overlap = OverlapPolicy.Queue }, default).AsTask());
        await ChangeAsync(() => Schedules.SetPausedAsync(Some.Project, "a", true, "k", default).AsTask());
        await ChangeAsync(() => Schedules.SetPausedAsync(Some.Project, "a", false, "k", default).AsTask());
        await ChangeAsync(() => FireAsync("a", Nine, Nine.AddDays(1)));
        Assert.True(seen[^1].AnyWaiting);
        await ChangeAsync(() => Schedules.DeleteAsync(Some.Project, "a", default).AsTask());
        Assert.Equal((0L, false), (seen[^1].Count, seen[^1].AnyWaiting));

        async Task ChangeAsync(Func<Task> change)
        {
            Time.Advance(TimeSpan.FromMilliseconds(1));
            await change();
            ScheduleStamp stamp = await Schedules.StampAsync(default);
            Assert.Equal(stamp, await Schedules.StampAsync(default));
            Assert.NotEqual(seen[^1], stamp);
            seen.Add(stamp);
        }
    }

    private static RunPolicy Policy(FunctionId function) => new();

    [Fact]
    public async Task A_changed_calendar_is_in_force_from_now_on_and_an_unchanged_one_goes_on()
    {
        await Schedules.PutAsync(Daily("a"), default);
        DateTimeOffset created = Time.GetUtcNow();
        Time.Advance(TimeSpan.FromHours(5));

        await Schedules.PutAsync(Daily("a") with { MaxAttempts = 9 }, default);
        Schedule same = (await Schedules.GetAsync(Some.Project, "a", default))!;
        Assert.Equal((created, created, Time.GetUtcNow(), 9), (same.CreatedAt, same.FiredUntil, same.UpdatedAt, same.MaxAttempts));

        await Schedules.PutAsync(Daily("a") with { TimeZone = "Asia/Tokyo" }, default);
        Assert.Equal(Time.GetUtcNow(), (await Schedules.GetAsync(Some.Project, "a", default))!.FiredUntil);
    }

    [Fact]
    public async Task A_resumed_schedule_makes_up_for_nothing_and_a_paused_one_fires_on_demand_only()
    {
        await Schedules.PutAsync(Daily("a"), default);
        Assert.True((await Schedules.SetPausedAsync(Some.Project, "a", true, "k2", default))!.Paused);
        Time.Advance(TimeSpan.FromDays(3));

        Assert.Empty((await FireAsync("a", Nine)).Fires);
        Assert.Single((await Schedules.FireAsync(new FireRequest(Some.Project, "a", [Time.GetUtcNow()], null, Manual: true), default)).Started);
        Schedule resumed = (await Schedules.SetPausedAsync(Some.Project, "a", false, "k3", default))!;

        Assert.Equal((false, Time.GetUtcNow(), "k3"), (resumed.Paused, resumed.FiredUntil, resumed.UpdatedBy));
        Assert.Null(await Schedules.SetPausedAsync("p-two", "a", true, null, default));
    }

    [Fact]
    public async Task A_fire_time_has_one_run_however_often_it_is_fired()
    {
        await Schedules.PutAsync(Daily("a") with { Priority = RunPriority.High, MaxAttempts = 2, UpdatedBy = "k1" }, default);

        FireResult[] results = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => FireAsync("a", Nine)));

        StartedRun started = Assert.Single(results.SelectMany(r => r.Started));
        Assert.Single(results.SelectMany(r => r.Fires));
        ClaimedRun run = await Store.ClaimAsync(started.Id);
        Assert.Equal((Some.Function, 2, "POST", "/work?x=1"), (run.Function, run.MaxAttempts, run.Request.Method, run.Request.PathAndQuery));
        Assert.Equal("body"u8.ToArray(), run.Request.Body.ToArray());
        Assert.Equal([new StoredHeader("X-A", "b")], run.Request.Headers);
        Assert.Equal(RunPriority.High, (await Store.InfoAsync(started.Id)).Priority);
        Assert.Equal(Nine, (await Schedules.GetAsync(Some.Project, "a", default))!.FiredUntil);
        ScheduleFire fire = Assert.Single((await Schedules.HistoryAsync(Some.Project, "a", 10, default))!);
        Assert.Equal((Nine, FireOutcome.Fired, false, started.Id, RunState.Running), (fire.FireTime, fire.Outcome, fire.Manual, fire.Run!.Value, fire.State!.Value));
    }

    [Fact]
    public async Task What_is_settled_never_moves_back()
    {
        await Schedules.PutAsync(Daily("a"), default);
        await FireAsync("a", Nine.AddDays(1));

        await FireAsync("a", Nine);

        Assert.Equal(Nine.AddDays(1), (await Schedules.GetAsync(Some.Project, "a", default))!.FiredUntil);
        Assert.Equal(2, (await Schedules.HistoryAsync(Some.Project, "a", 10, default))!.Count);
    }

    [Fact]
    public async Task Allow_runs_side_by_side_and_skip_leaves_out_what_meets_a_live_run()
    {
        await Schedules.PutAsync(Daily("allow"), default);
        await Schedules.PutAsync(Daily("skip") with { Overlap = OverlapPolicy.Skip }, default);

        Assert.Equal(2, (await FireAsync("allow", Nine, Nine.AddDays(1))).Started.Count);
        FireResult first = await FireAsync("skip", Nine, Nine.AddDays(1));
        Assert.Equal([FireOutcome.Fired, FireOutcome.SkippedOverlap], first.Fires.Select(f => f.Outcome));
        await EndAsync(Assert.Single(first.Started).Id);
        Assert.Equal([FireOutcome.Fired], (await FireAsync("skip", Nine.AddDays(2))).Fires.Select(f => f.Outcome));
        Assert.Equal([Nine.AddDays(2), Nine.AddDays(1), Nine], (await Schedules.HistoryAsync(Some.Project, "skip", 10, default))!.Select(f => f.FireTime));
    }

    [Fact]
    public async Task Queue_starts_one_after_the_other_in_order_and_only_so_many_wait()
    {
        await Schedules.PutAsync(Daily("a") with { Overlap = OverlapPolicy.Queue, MisfireLimit = 2 }, default);
        DateTimeOffset[] times = [.. Enumerable.Range(0, 4).Select(day => Nine.AddDays(day))];

        FireResult fired = await FireAsync("a", times);
        Assert.Equal([FireOutcome.Fired, FireOutcome.Waiting, FireOutcome.Waiting, FireOutcome.SkippedOverlap], fired.Fires.Select(f => f.Outcome));
        Assert.Empty(await Schedules.StartWaitingAsync(10, Policy, default));

        await EndAsync(Assert.Single(fired.Started).Id);
        StartedRun second = Assert.Single(await Schedules.StartWaitingAsync(10, Policy, default));
        Assert.Equal(Some.Function, second.Function);
        Assert.Empty(await Schedules.StartWaitingAsync(10, Policy, default));
        Assert.Equal([FireOutcome.Waiting], (await FireAsync("a", Nine.AddDays(9))).Fires.Select(f => f.Outcome));

        IReadOnlyList<ScheduleFire> history = (await Schedules.HistoryAsync(Some.Project, "a", 10, default))!;
        Assert.Equal(second.Id, history.Single(f => f.FireTime == times[1]).Run);
        Assert.Equal(FireOutcome.Waiting, history.Single(f => f.FireTime == times[2]).Outcome);
    }

    [Fact]
    public async Task A_run_on_demand_starts_whatever_the_policy_and_moves_nothing()
    {
        await Schedules.PutAsync(Daily("a") with { Overlap = OverlapPolicy.Skip }, default);
        await FireAsync("a", Nine);

        FireResult now = await Schedules.FireAsync(new FireRequest(Some.Project, "a", [Nine.AddMinutes(7)], null, Manual: true), default);

        Assert.Single(now.Started);
        Assert.True(Assert.Single(now.Fires).Manual);
        Assert.Equal(Nine, (await Schedules.GetAsync(Some.Project, "a", default))!.FiredUntil);
    }

    [Fact]
    public async Task Delete_leaves_the_runs_and_nothing_fires_any_more()
    {
        await Schedules.PutAsync(Daily("a"), default);
        StartedRun run = Assert.Single((await FireAsync("a", Nine)).Started);

        Assert.False(await Schedules.DeleteAsync("p-two", "a", default));
        Assert.True(await Schedules.DeleteAsync(Some.Project, "a", default));

        Assert.False(await Schedules.DeleteAsync(Some.Project, "a", default));
        Assert.Empty((await FireAsync("a", Nine.AddDays(1))).Fires);
        Assert.Null(await Schedules.HistoryAsync(Some.Project, "a", 10, default));
        Assert.Equal(RunState.Queued, (await Store.InfoAsync(run.Id)).State);
        await Schedules.PutAsync(Daily("a"), default);
        Assert.Empty((await Schedules.HistoryAsync(Some.Project, "a", 10, default))!);
    }

    [Fact]
    public async Task List_is_of_one_project_or_all_by_name()
    {
        await Schedules.PutAsync(Daily("b"), default);
        await Schedules.PutAsync(Daily("a"), default);
        await Schedules.PutAsync(Daily("c") with { Project = "p-two", Function = new FunctionId(new AppId("p-two", "app"), "work") }, default);

        Assert.Equal(["a", "b"], (await Schedules.ListAsync(Some.Project, default)).Select(s => s.Name));
        Assert.Equal(["a", "b", "c"], (await Schedules.ListAsync(null, default)).Select(s => s.Name));
    }

    [Fact]
    public async Task Purge_forgets_old_fire_times_but_for_those_that_wait()
    {
        await Schedules.PutAsync(Daily("a") with { Overlap = OverlapPolicy.Queue }, default);
        await FireAsync("a", Nine, Nine.AddDays(1));

        Assert.Equal(0, await Schedules.PurgeAsync(Nine, 10, default));
        Assert.Equal(1, await Schedules.PurgeAsync(Nine.AddDays(9), 10, default));

        Assert.Equal(FireOutcome.Waiting, Assert.Single((await Schedules.HistoryAsync(Some.Project, "a", 10, default))!).Outcome);
    }

    private static Schedule Daily(string name) => new()
    {
        Project = Some.Project,
        Name = name,
        Cron = "0 9 * * *",
        TimeZone = "Europe/Berlin",
        Function = Some.Function,
        Request = new RunRequest("POST", "/work?x=1", [new StoredHeader("X-A", "b")], "body"u8.ToArray()),
    };

    private async Task<FireResult> FireAsync(string name, params DateTimeOffset[] times) =>
        await Schedules.FireAsync(new FireRequest(Some.Project, name, times, times[^1]), default);

    private async Task EndAsync(RunId id)
    {
        ClaimedRun run = await Store.ClaimAsync(id);
        Assert.True(await Store.SettleAsync(Settlement.Succeeded(run.Id, run.Lease, Some.Response(200, "ok"))));
    }
}
