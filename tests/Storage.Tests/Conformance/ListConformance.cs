using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Tests.Harness;

namespace InterCluster.Storage.Tests.Conformance;

public abstract class ListConformance(StoreHarness store) : StoreConformance(store)
{
    private static readonly FunctionId[] Functions =
        [new(Some.App, "a"), new(Some.App, "b"), new(new AppId(Some.Project, "app2"), "a"), new(new AppId("p-two", "app"), "a")];

    [Fact]
    public async Task Pages_hold_every_run_of_the_filter_once_newest_first()
    {
        List<RunInfo> all = await FillAsync(60);
        string?[] apps = [null, "app", "app2", "none"];
        string?[] functions = [null, "a", "b"];
        RunState?[] states = [null, RunState.Scheduled, RunState.Queued, RunState.Running, RunState.Succeeded, RunState.Cancelled];

        foreach (RunFilter filter in from app in apps from function in functions from state in states select new RunFilter(Some.Project, app, function, state))
        {
            IEnumerable<RunId> expected = all.Where(r => Matches(r, filter)).Select(r => r.Id);

            Assert.Equal(expected, await PagesAsync(filter, 7));
        }
    }

    [Fact]
    public async Task From_is_inclusive_and_to_exclusive()
    {
        List<RunInfo> all = await FillAsync(60);
        DateTimeOffset from = all[30].CreatedAt;
        DateTimeOffset to = all[10].CreatedAt;

        foreach (string? app in new[] { null, "app" })
        {
            var filter = new RunFilter(Some.Project, app, From: from, To: to);

            Assert.Equal(all.Where(r => Matches(r, filter)).Select(r => r.Id), await PagesAsync(filter, 4));
        }
    }

    [Fact]
    public async Task Runs_accepted_in_the_same_instant_are_paged_too()
    {
        RunId[] ids = [.. (await Task.WhenAll(Enumerable.Range(0, 25).Select(_ => Store.SubmitAsync(Some.Run(Time)).AsTask()))).Select(r => r.Id)];

        foreach (RunFilter filter in new[] { new RunFilter(Some.Project), new RunFilter(Some.Project, "app") })
        {
            List<RunId> paged = await PagesAsync(filter, 4);

            Assert.Equal(ids.Length, paged.Count);
            Assert.Equal(ids.ToHashSet(), paged.ToHashSet());
        }
    }

    [Fact]
    public async Task Next_is_given_only_when_there_is_more()
    {
        await FillAsync(4);
        var filter = new RunFilter("p-two");
        int count = (await Runs.ListAsync(filter, null, 100, default)).Runs.Count;

        Assert.Null((await Runs.ListAsync(filter, null, count, default)).Next);
        RunPage first = await Runs.ListAsync(new RunFilter(Some.Project), null, 1, default);
        Assert.Equal(first.Runs[0].Id, first.Next);
    }

    [Fact]
    public async Task A_cursor_whose_run_is_gone_stands_for_its_millisecond()
    {
        List<RunInfo> all = await FillAsync(20);
        int middle = 5;
        var gone = new RunId(Guid.CreateVersion7(all[middle].CreatedAt));

        RunPage page = await Runs.ListAsync(new RunFilter(Some.Project), gone, 100, default);

        // Where ids make the order, one that is gone still has its place among those of its millisecond.
        IEnumerable<RunInfo> after = Store.ArrivalIsKept ? all.Skip(middle + 1) : all.Where(r => r.Id.Value.CompareTo(gone.Value) < 0);
        Assert.Equal(after.Select(r => r.Id), page.Runs.Select(r => r.Id));
    }

    // Runs of all functions, one a second, some moved on; those of the first project, newest first.
    private async Task<List<RunInfo>> FillAsync(int count)
    {
        var ids = new List<RunId>();
        for (int i = 0; i < count; i++)
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            NewRun run = Some.Run(Time, Functions[i % Functions.Length]);
            run = i % 5 == 0 ? run with { RunAt = Time.GetUtcNow().AddDays(1) } : run;
            await Store.SubmitAsync(run);
            ids.Add(run.Id);
            if (i % 5 is 1 or 2)
            {
                ClaimedRun claimed = await Store.ClaimAsync(run.Id);
                if (i % 5 == 1)
                {
                    await Store.SettleAsync(Settlement.Succeeded(run.Id, claimed.Lease, Some.Response(200, "")));
                }
            }
            else if (i % 5 == 3)
            {
                await Runs.CancelAsync(run.Function.App.Project, run.Id, default);
            }
        }

        var runs = new List<RunInfo>();
        foreach (RunId id in Enumerable.Reverse(ids))
        {
            if (await Runs.GetAsync(Some.Project, id, default) is { } run)
            {
                runs.Add(run);
            }
        }

        return runs;
    }

    private static bool Matches(RunInfo run, RunFilter filter) =>
        run.Function.App.Project == filter.Project
        && (filter.App is null || filter.App == run.Function.App.App)
        && (filter.Function is null || filter.Function == run.Function.Function)
        && (filter.State is null || filter.State == run.State)
        && (filter.From is null || run.CreatedAt >= filter.From)
        && (filter.To is null || run.CreatedAt < filter.To);

    private async Task<List<RunId>> PagesAsync(RunFilter filter, int limit)
    {
        var ids = new List<RunId>();
        RunId? cursor = null;
        do
        {
            RunPage page = await Runs.ListAsync(filter, cursor, limit, default);
            Assert.InRange(page.Runs.Count, page.Next is null ? 0 : limit, limit);
            Assert.All(page.Runs, r => Assert.True(Matches(r, filter)));
            ids.AddRange(page.Runs.Select(r => r.Id));
            cursor = page.Next;
        }
        while (cursor is not null);

        return ids;
    }
}
