using InterCluster.Core.Apps;
using InterCluster.Core.Batches;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Retention;
using InterCluster.Storage.Tests.Harness;
using Microsoft.Extensions.Logging.Abstractions;

namespace InterCluster.Storage.Tests.Conformance;

public abstract class RetentionConformance(StoreHarness store) : StoreConformance(store)
{
    private static readonly RetentionOptions Options = new();

    [Fact]
    public async Task What_ended_is_kept_for_its_time_and_no_longer()
    {
        RunId succeeded = await EndAsync((id, lease) => Settlement.Succeeded(id, lease, Some.Response(200, "ok")));
        RunId failed = await EndAsync((id, lease) => Settlement.Failed(id, lease, RunErrors.FunctionError, Some.Response(400, "no")));
        RunId cancelled = await Store.SubmitAsync();
        await Runs.CancelAsync(Some.Project, cancelled, default);
        RunId queued = await Store.SubmitAsync();
        RunId running = await Store.SubmitAsync();
        await Store.ClaimAsync(running);

        Time.Advance(Options.Succeeded);
        Assert.Equal(0, await PassAsync());
        Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(2, await PassAsync());

        Assert.Null(await Runs.GetAsync(Some.Project, succeeded, default));
        Assert.Null(await Runs.GetResponseAsync(Some.Project, succeeded, default));
        Assert.Null(await Runs.GetAsync(Some.Project, cancelled, default));
        Assert.Equal(RunState.Failed, (await Store.InfoAsync(failed)).State);
        Time.Advance(Options.Failed - Options.Succeeded);
        Assert.Equal(1, await PassAsync());
        Assert.Equal(new[] { queued, running }.ToHashSet(), (await Runs.ListAsync(new RunFilter(Some.Project), null, 10, default)).Runs.Select(r => r.Id).ToHashSet());
        Assert.Equal([new FunctionDepth(Some.Function, 0, 1, 1)], await Runs.DepthsAsync(default));
    }

    [Fact]
    public async Task A_commit_removes_no_more_than_its_limit_and_the_oldest_first()
    {
        var ended = new List<RunId>();
        for (int i = 0; i < 5; i++)
        {
            ended.Add(await EndAsync((id, lease) => Settlement.Succeeded(id, lease, Some.Response(200, ""))));
            Time.Advance(TimeSpan.FromSeconds(1));
        }

        Time.Advance(Options.Succeeded);

        Keeping over = Assert.Single(await Ended.OverAsync(KeptThing.Runs, await KeptAsync(RunState.Succeeded, Options.Succeeded), default));
        Assert.Equal(3, await Ended.RemoveAsync(over, 3, default));
        Assert.Equal(ended.Skip(3).ToHashSet(), (await Runs.ListAsync(new RunFilter(Some.Project), null, 10, default)).Runs.Select(r => r.Id).ToHashSet());
        Assert.Equal(2, await Ended.RemoveAsync(over, 3, default));
        Assert.Equal(0, await Ended.RemoveAsync(over, 3, default));
    }

    [Fact]
    public async Task A_replayed_run_is_kept_from_its_second_end()
    {
        RunId id = await EndAsync((run, lease) => Settlement.Dead(run, lease, RunErrors.FunctionError, null));
        Time.Advance(Options.Failed - TimeSpan.FromSeconds(1));
        await Runs.ReplayAsync(Some.Project, id, default);
        ClaimedRun again = await Store.ClaimAsync(id);
        await Store.SettleAsync(Settlement.Dead(id, again.Lease, RunErrors.FunctionError, null));
        Time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(0, await PassAsync());
        Time.Advance(Options.Failed);
        Assert.Equal(1, await PassAsync());
    }

    [Fact]
    public async Task A_batch_goes_after_the_last_of_its_runs()
    {
        BatchInfo batch = await Batches.OpenAsync(new NewBatch { Id = BatchId.New(Time), Function = Some.Function, CreatedAt = Time.GetUtcNow() }, default);
        NewRun run = Some.Run(Time) with { Line = 1 };
        await Batches.AppendAsync(
            new BatchSlice { Batch = batch.Id, Upload = batch.Upload, Lines = 1, Digest = Array.Empty<byte>(), Runs = [run], Close = BatchState.Complete }, default);
        Time.Advance(Options.Failed * 2);
        await PassAsync();
        Assert.NotNull(await Batches.GetAsync(Some.Project, batch.Id, default));

        await Runs.CancelAsync(Some.Project, run.Id, default);
        Time.Advance(Options.Failed);
        await PassAsync();

        Assert.Null(await Batches.GetAsync(Some.Project, batch.Id, default));
    }

    [Fact]
    public async Task An_answer_can_go_before_its_run_which_then_says_so()
    {
        RunId one = await EndAsync((id, lease) => Settlement.Succeeded(id, lease, Some.Response(200, "ok")));
        RunId two = await EndAsync((id, lease) => Settlement.Failed(id, lease, RunErrors.FunctionError, Some.Response(400, "no")));
        RunId silent = await EndAsync((id, lease) => Settlement.Dead(id, lease, RunErrors.ReplicaUnreachable, null));
        RunId waiting = await Store.SubmitAsync();
        ClaimedRun first = await Store.ClaimAsync(waiting);
        await Store.SettleAsync(Settlement.Retry(waiting, first.Lease, RunErrors.FunctionError, Some.Response(503, "later"), Time.GetUtcNow()));
        var options = new RetentionOptions { Results = TimeSpan.FromHours(1) };
        Time.Advance(TimeSpan.FromHours(1));
        await PassAsync(options);
        Assert.False((await Store.InfoAsync(one)).IsResultExpired);
        Assert.NotNull(await Runs.GetResponseAsync(Some.Project, one, default));

        Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(0, await PassAsync(options));

        foreach (RunId id in new[] { one, two })
        {
            RunInfo info = await Store.InfoAsync(id);
            Assert.True(info.IsResultExpired);
            Assert.Null(await Runs.GetResponseAsync(Some.Project, id, default));
        }

        Assert.Equal(200, (await Store.InfoAsync(one)).Status);
        Assert.False((await Store.InfoAsync(silent)).IsResultExpired);
        Assert.False((await Store.InfoAsync(waiting)).IsResultExpired);
        Assert.Equal(503, (await Runs.GetResponseAsync(Some.Project, waiting, default))?.Status);
        Assert.All((await Runs.ListAsync(new RunFilter(Some.Project), null, 10, default)).Runs, r => Assert.Equal(r.Id == one || r.Id == two, r.IsResultExpired));
    }

    [Fact]
    public async Task Answers_go_in_commits_of_a_limit_and_none_is_passed_over_or_looked_at_again()
    {
        RunId[] ids = new RunId[7];
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = await Store.SubmitAsync();
        }

        // One commit: all end in the same instant.
        IReadOnlyList<ClaimedRun> runs = await Runs.ClaimAsync(ids, "worker", Some.Lease, default);
        await Runs.SettleAsync([.. runs.Select(r => Settlement.Succeeded(r.Id, r.Lease, Some.Response(200, "ok")))], default);
        RunId later = await EndLaterAsync();
        TimeSpan age = TimeSpan.FromHours(1);
        Time.Advance(age + TimeSpan.FromMilliseconds(1));
        IReadOnlyList<Keeping> kept = await KeptAsync(RunState.Succeeded, age);
        Keeping over = Assert.Single(await Ended.OverAsync(KeptThing.Results, kept, default));

        int looked = 0;
        for (int removed = 3; removed >= 3;)
        {
            removed = await Ended.RemoveResultsAsync(over, 3, default);
            looked += removed;
        }

        Assert.Equal(8, looked);
        foreach (RunId id in (RunId[])[.. ids, later])
        {
            Assert.Null(await Runs.GetResponseAsync(Some.Project, id, default));
        }

        Assert.Empty(await Ended.OverAsync(KeptThing.Results, kept, default));
    }

    [Fact]
    public async Task An_app_can_keep_its_runs_shorter_by_function_and_state_and_never_longer_than_the_server()
    {
        var brief = new FunctionId(Some.App, "brief");
        var other = new FunctionId(new AppId(Some.Project, "other"), "work");
        RunId usual = await EndAsync((id, lease) => Settlement.Succeeded(id, lease, Some.Response(200, "")));
        RunId dead = await EndAsync((id, lease) => Settlement.Dead(id, lease, RunErrors.WorkerLost, null));
        RunId shortLived = await EndAsync((id, lease) => Settlement.Succeeded(id, lease, Some.Response(200, "")), brief);
        RunId elsewhere = await EndAsync((id, lease) => Settlement.Succeeded(id, lease, Some.Response(200, "")), other);
        var catalog = new AppCatalog();
        catalog.Put(Revision(new RunPolicies
        {
            Default = new RunPolicy { Retention = new RunRetention { Succeeded = TimeSpan.FromDays(3000), Dead = TimeSpan.FromHours(2) } },
            Functions = new Dictionary<string, RunPolicy> { ["brief"] = new() { Retention = new RunRetention { Succeeded = TimeSpan.FromHours(1) } } },
        }));

        Time.Advance(TimeSpan.FromHours(1) + TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, await PassAsync(catalog: catalog));
        Assert.Null(await Runs.GetAsync(Some.Project, shortLived, default));
        Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(1, await PassAsync(catalog: catalog));
        Assert.Null(await Runs.GetAsync(Some.Project, dead, default));
        Assert.NotNull(await Runs.GetAsync(Some.Project, usual, default));
        Time.Advance(Options.Succeeded);

        Assert.Equal(2, await PassAsync(catalog: catalog));
        Assert.Null(await Runs.GetAsync(Some.Project, usual, default));
        Assert.Null(await Runs.GetAsync(Some.Project, elsewhere, default));
    }

    private static Revision Revision(RunPolicies runs) =>
        new(Some.App, 1, new AppConfig { Name = Some.App.App, Runtime = new RuntimeConfig(), Runs = runs }, StoreHarness.Start, "test");

    private IEndedRuns Ended => Store.Get<IEndedRuns>();

    private async Task<IReadOnlyList<Keeping>> KeptAsync(RunState state, TimeSpan age) =>
        [.. (await Ended.FunctionsAsync(default)).Select(f => new Keeping(f.Number, state, age))];

    private async Task<int> PassAsync(RetentionOptions? options = null, AppCatalog? catalog = null)
    {
        using var service = new RetentionService(
            Ended, catalog ?? new AppCatalog(), Microsoft.Extensions.Options.Options.Create(options ?? Options), TimeProvider.System,
            NullLogger<RetentionService>.Instance);
        return await service.RunOnceAsync(default);
    }

    private async Task<RunId> EndLaterAsync()
    {
        Time.Advance(TimeSpan.FromMilliseconds(5));
        return await EndAsync((id, lease) => Settlement.Succeeded(id, lease, Some.Response(200, "late")));
    }

    private async Task<RunId> EndAsync(Func<RunId, long, Settlement> settle, FunctionId? function = null)
    {
        RunId id = await Store.SubmitAsync(function);
        ClaimedRun run = await Store.ClaimAsync(id);
        Assert.True(await Store.SettleAsync(settle(id, run.Lease)));
        return id;
    }
}
