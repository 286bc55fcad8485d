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

        Time.Advance(Options.Done);
        Assert.Equal(0, await PassAsync());
        Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(2, await PassAsync());

        Assert.Null(await Runs.GetAsync(Some.Project, succeeded, default));
        Assert.Null(await Runs.GetResponseAsync(Some.Project, succeeded, default));
        Assert.Null(await Runs.GetAsync(Some.Project, cancelled, default));
        Assert.Equal(RunState.Failed, (await Store.InfoAsync(failed)).State);
        Time.Advance(Options.Failed - Options.Done);
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

        Time.Advance(Options.Done);

        Assert.Equal(3, await Ended.RemoveAsync(RetentionKind.Done, Options.Done, 3, default));
        Assert.Equal(ended.Skip(3).ToHashSet(), (await Runs.ListAsync(new RunFilter(Some.Project), null, 10, default)).Runs.Select(r => r.Id).ToHashSet());
        Assert.Equal(2, await Ended.RemoveAsync(RetentionKind.Done, Options.Done, 3, default));
        Assert.Equal(0, await Ended.RemoveAsync(RetentionKind.Done, Options.Done, 3, default));
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

    private IEndedRuns Ended => Store.Get<IEndedRuns>();

    private async Task<int> PassAsync()
    {
        using var service = new RetentionService(Ended, Microsoft.Extensions.Options.Options.Create(Options), TimeProvider.System, NullLogger<RetentionService>.Instance);
        return await service.RunOnceAsync(default);
    }

    private async Task<RunId> EndAsync(Func<RunId, long, Settlement> settle)
    {
        RunId id = await Store.SubmitAsync();
        ClaimedRun run = await Store.ClaimAsync(id);
        Assert.True(await Store.SettleAsync(settle(id, run.Lease)));
        return id;
    }
}
