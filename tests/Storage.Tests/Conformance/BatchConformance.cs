using InterCluster.Core.Batches;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Tests.Harness;

namespace InterCluster.Storage.Tests.Conformance;

public abstract class BatchConformance(StoreHarness store) : StoreConformance(store)
{
    [Fact]
    public async Task A_new_batch_receives_and_is_empty()
    {
        NewBatch batch = New("key") with { SubmittedBy = "me" };

        BatchInfo opened = await Batches.OpenAsync(batch, default);

        Assert.Equal((batch.Id, batch.Function, BatchState.Receiving, batch.CreatedAt), (opened.Id, opened.Function, opened.State, opened.CreatedAt));
        Assert.Equal(("key", "me", 1, 0L, 0L, 0L, 0), (opened.IdempotencyKey, opened.SubmittedBy, opened.Upload, opened.Lines, opened.Duplicates, opened.Rejected, opened.Digest.Length));
        Assert.Equal((default, null, false), (opened.Counts, opened.ClosedAt, opened.IsDone));
        Assert.Null(await Batches.GetAsync("p-two", batch.Id, default));
    }

    [Fact]
    public async Task Slices_add_up_and_the_last_one_closes()
    {
        BatchInfo batch = await OpenAsync();

        Assert.Equal([SubmitOutcome.Accepted, SubmitOutcome.Accepted], await Batches.AppendAsync(Slice(batch, 1, 3) with { Rejected = 1, Lines = 3, Digest = new byte[] { 7 } }, default));
        BatchInfo midway = await GetAsync(batch);
        Assert.Equal((BatchState.Receiving, 3L, 1L, 2L), (midway.State, midway.Lines, midway.Rejected, midway.Counts.Queued));
        Assert.Equal([7], midway.Digest.ToArray());
        Time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal([], await Batches.AppendAsync(Slice(batch) with { Rejected = 2, Lines = 5, Close = BatchState.Complete }, default));

        BatchInfo closed = await GetAsync(batch);
        Assert.Equal((BatchState.Complete, 5L, 3L, 2L, Time.GetUtcNow()), (closed.State, closed.Lines, closed.Rejected, closed.Counts.Total, closed.ClosedAt));
        Assert.Null(await Batches.AppendAsync(Slice(batch, 6), default));
        Assert.Equal(2, (await GetAsync(batch)).Counts.Total);
    }

    [Fact]
    public async Task Its_runs_are_runs_like_any_other_and_know_their_line()
    {
        BatchInfo batch = await OpenAsync();
        NewRun run = Some.Run(Time) with { Line = 1, RunAt = Time.GetUtcNow().AddSeconds(30), Tag = "t" };
        await Batches.AppendAsync(Slice(batch) with { Runs = [run], Lines = 1 }, default);

        RunInfo info = await Store.InfoAsync(run.Id);

        Assert.Equal((batch.Id, 1L, RunState.Scheduled, "t"), (info.Batch, info.Line, info.State, info.Tag));
        Assert.Equal(new FunctionDepth(Some.Function, 1, 0, 0), Assert.Single(await Runs.DepthsAsync(default)));
    }

    [Fact]
    public async Task Counts_follow_every_transition()
    {
        BatchInfo batch = await OpenAsync();
        NewRun[] runs = [.. Enumerable.Range(1, 6).Select(line => Some.Run(Time) with { Line = line })];
        runs[5] = runs[5] with { RunAt = Time.GetUtcNow().AddSeconds(1) };
        await Batches.AppendAsync(Slice(batch) with { Runs = runs, Lines = 6, Close = BatchState.Complete }, default);
        Assert.Equal(new RunCounts(1, 5, 0, 0, 0, 0, 0), await CountsAsync(batch));

        IReadOnlyList<ClaimedRun> claimed = await Runs.ClaimAsync([.. runs.Take(4).Select(r => r.Id)], "worker", Some.Lease, default);
        Assert.Equal(new RunCounts(1, 1, 4, 0, 0, 0, 0), await CountsAsync(batch));
        await Runs.SettleAsync(
            [
                Settlement.Succeeded(runs[0].Id, claimed[0].Lease, Some.Response(200, "")),
                Settlement.Failed(runs[1].Id, claimed[1].Lease, RunErrors.FunctionError, null),
                Settlement.Dead(runs[2].Id, claimed[2].Lease, RunErrors.FunctionError, null),
                Settlement.Succeeded(runs[2].Id, claimed[2].Lease, Some.Response(200, "too late")),
            ],
            default);
        await Runs.CancelAsync(Some.Project, runs[4].Id, default);
        Assert.Equal(new RunCounts(1, 0, 1, 1, 1, 1, 1), await CountsAsync(batch));
        Assert.False((await GetAsync(batch)).IsDone);

        Time.Advance(Some.Lease);
        await Runs.SweepAsync(3, 100, default);
        Assert.Equal(new RunCounts(0, 2, 0, 1, 1, 1, 1), await CountsAsync(batch));
        await Runs.ReplayAsync(Some.Project, [runs[1].Id, runs[2].Id], default);
        Assert.Equal(new RunCounts(0, 4, 0, 1, 0, 1, 0), await CountsAsync(batch));
        await Runs.FailAppAsync(Some.App, default);
        Assert.Equal(new RunCounts(0, 0, 0, 1, 4, 1, 0), await CountsAsync(batch));
        Assert.True((await GetAsync(batch)).IsDone);
    }

    [Fact]
    public async Task Counts_of_two_batches_are_kept_apart()
    {
        BatchInfo first = await OpenAsync();
        BatchInfo second = await OpenAsync();

        await Task.WhenAll(
            Batches.AppendAsync(Slice(first, 1, 2, 3), default).AsTask(), Batches.AppendAsync(Slice(second, 1), default).AsTask(), Store.SubmitAsync());

        Assert.Equal((3L, 1L), ((await CountsAsync(first)).Queued, (await CountsAsync(second)).Queued));
    }

    [Fact]
    public async Task The_same_key_opens_the_same_batch_and_fences_off_the_upload_before()
    {
        BatchInfo first = await Batches.OpenAsync(New("key"), default);
        BatchInfo again = await Batches.OpenAsync(New("key"), default);

        Assert.Equal((first.Id, 2, BatchState.Receiving), (again.Id, again.Upload, again.State));
        Assert.Null(await Batches.AppendAsync(Slice(first, 1), default));
        Assert.NotNull(await Batches.AppendAsync(Slice(again, 1), default));
        Assert.Equal(1, (await GetAsync(first)).Lines);
    }

    [Fact]
    public async Task A_key_is_of_one_function_and_not_one_of_a_run()
    {
        BatchInfo one = await Batches.OpenAsync(New("key"), default);
        BatchInfo two = await Batches.OpenAsync(New("key") with { Function = new FunctionId(Some.App, "two") }, default);

        Assert.NotEqual(one.Id, two.Id);
        Assert.Equal(SubmitOutcome.Accepted, (await Store.SubmitAsync(Some.Run(Time) with { IdempotencyKey = "key" })).Outcome);
    }

    [Fact]
    public async Task A_key_ends_with_its_lifetime()
    {
        BatchInfo first = await Batches.OpenAsync(New("key"), default);
        Time.Advance(TimeSpan.FromHours(24) - TimeSpan.FromSeconds(1));
        Assert.Equal(first.Id, (await Batches.OpenAsync(New("key"), default)).Id);
        Time.Advance(TimeSpan.FromSeconds(1));

        BatchInfo later = await Batches.OpenAsync(New("key"), default);

        Assert.NotEqual(first.Id, later.Id);
        Assert.Equal(later.Id, (await Batches.OpenAsync(New("key"), default)).Id);
    }

    [Fact]
    public async Task An_interrupted_batch_goes_on_and_a_complete_one_does_not()
    {
        BatchInfo first = await Batches.OpenAsync(New("key"), default);
        await Batches.AppendAsync(Slice(first, 1, 2) with { Digest = new byte[] { 1, 2 }, Close = BatchState.Interrupted }, default);
        Assert.Equal(BatchState.Interrupted, (await GetAsync(first)).State);

        BatchInfo second = await Batches.OpenAsync(New("key"), default);
        Assert.Equal((BatchState.Receiving, null, 2L, 2L), (second.State, second.ClosedAt, second.Lines, second.Counts.Total));
        Assert.Equal([1, 2], second.Digest.ToArray());
        await Batches.AppendAsync(Slice(second, 3) with { Close = BatchState.Complete }, default);

        BatchInfo third = await Batches.OpenAsync(New("key"), default);
        Assert.Equal((BatchState.Complete, 3L), (third.State, third.Lines));
        Assert.Null(await Batches.AppendAsync(Slice(third, 4), default));
    }

    [Fact]
    public async Task A_silent_upload_is_interrupted_by_the_sweep()
    {
        BatchInfo silent = await OpenAsync();
        Time.Advance(BatchRules.UploadSilence / 2);
        BatchInfo busy = await OpenAsync();
        Time.Advance(BatchRules.UploadSilence / 2);

        await Runs.SweepAsync(3, 100, default);

        Assert.Equal((BatchState.Interrupted, Time.GetUtcNow()), ((await GetAsync(silent)).State, (await GetAsync(silent)).ClosedAt));
        Assert.Equal(BatchState.Receiving, (await GetAsync(busy)).State);
    }

    [Fact]
    public async Task Keys_of_lines_join_runs_that_are_there_and_refuse_others()
    {
        NewRun earlier = Some.Run(Time) with { IdempotencyKey = "line" };
        await Store.SubmitAsync(earlier);
        BatchInfo batch = await OpenAsync();
        NewRun same = Some.Run(Time) with { IdempotencyKey = "line", Line = 1 };
        NewRun other = Some.Run(Time) with { IdempotencyKey = "line", Line = 2, Request = earlier.Request with { Body = "else"u8.ToArray() } };
        NewRun first = Some.Run(Time) with { IdempotencyKey = "own", Line = 3 };
        NewRun second = Some.Run(Time) with { IdempotencyKey = "own", Line = 4 };

        IReadOnlyList<SubmitOutcome>? outcomes = await Batches.AppendAsync(
            Slice(batch) with { Runs = [same, other, first, second], Lines = 5, Rejected = 1 }, default);

        Assert.Equal([SubmitOutcome.Duplicate, SubmitOutcome.Mismatch, SubmitOutcome.Accepted, SubmitOutcome.Duplicate], outcomes);
        BatchInfo info = await GetAsync(batch);
        Assert.Equal((2L, 2L, 1L), (info.Duplicates, info.Rejected, info.Counts.Total));
        Assert.Null((await Store.InfoAsync(earlier.Id)).Batch);
    }

    [Fact]
    public async Task Cancel_takes_no_further_line()
    {
        BatchInfo batch = await Batches.OpenAsync(New("key"), default);
        await Batches.AppendAsync(Slice(batch, 1), default);

        BatchInfo? cancelled = await Batches.CancelAsync(Some.Project, batch.Id, default);

        Assert.Equal((BatchState.Cancelled, Time.GetUtcNow()), (cancelled?.State, cancelled?.ClosedAt));
        Assert.Null(await Batches.AppendAsync(Slice(batch, 2), default));
        Assert.Equal(BatchState.Cancelled, (await Batches.OpenAsync(New("key"), default)).State);
        Assert.Equal(BatchState.Cancelled, (await Batches.CancelAsync(Some.Project, batch.Id, default))?.State);
        Assert.Null(await Batches.CancelAsync("p-two", batch.Id, default));
        Assert.Null(await Batches.CancelAsync(Some.Project, BatchId.New(Time), default));
    }

    [Fact]
    public async Task Results_come_in_the_order_of_the_lines_with_the_answers_of_what_has_ended()
    {
        BatchInfo batch = await OpenAsync();
        BatchSlice slice = Slice(batch, 2, 3, 5, 8);
        await Batches.AppendAsync(slice, default);
        await SettleAsync(slice.Runs[2].Id, lease => Settlement.Succeeded(slice.Runs[2].Id, lease, Some.Response(201, "five")));
        await SettleAsync(slice.Runs[0].Id, lease => Settlement.Retry(slice.Runs[0].Id, lease, RunErrors.FunctionError, Some.Response(503, "no"), Time.GetUtcNow()));

        IReadOnlyList<BatchResult> all = await ResultsAsync(batch, 0);

        Assert.Equal([2, 3, 5, 8], all.Select(r => r.Run.Line));
        Assert.Equal([null, null, 201, null], all.Select(r => r.Response?.Status));
        Assert.Equal("five"u8.ToArray(), all[2].Response!.Body.ToArray());
        Assert.Equal([5, 8], (await ResultsAsync(batch, 3)).Select(r => r.Run.Line));
        Assert.Equal([3, 5], (await Batches.ReadResultsAsync(Some.Project, batch.Id, 2, 2, 1000, default)).Select(r => r.Run.Line));
        Assert.Equal([5], (await Batches.ReadResultsAsync(Some.Project, batch.Id, 3, 2, 4, default)).Select(r => r.Run.Line));
        Assert.Empty(await ResultsAsync(batch, 8));
        Assert.Empty(await Batches.ReadResultsAsync("p-two", batch.Id, 0, 10, 1000, default));
    }

    [Fact]
    public async Task Batches_are_listed_newest_first_page_by_page()
    {
        var ids = new List<BatchId>();
        for (int i = 0; i < 5; i++)
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            ids.Insert(0, (await OpenAsync()).Id);
            await Batches.OpenAsync(New() with { Function = new FunctionId(new AppId("p-two", "app"), "work") }, default);
        }

        BatchPage first = await Batches.ListAsync(Some.Project, null, 2, default);
        BatchPage second = await Batches.ListAsync(Some.Project, first.Next, 2, default);
        BatchPage third = await Batches.ListAsync(Some.Project, second.Next, 2, default);

        Assert.Equal(ids, first.Batches.Concat(second.Batches).Concat(third.Batches).Select(b => b.Id));
        Assert.Null(third.Next);
    }

    [Fact]
    public async Task Runs_are_listed_by_batch()
    {
        BatchInfo batch = await OpenAsync();
        BatchSlice slice = Slice(batch, 1, 2, 3, 4);
        await Batches.AppendAsync(slice, default);
        await Store.SubmitAsync();
        await Runs.CancelAsync(Some.Project, slice.Runs[1].Id, default);
        var filter = new RunFilter(Some.Project) { Batch = batch.Id };

        RunPage page = await Runs.ListAsync(filter, null, 3, default);
        RunPage rest = await Runs.ListAsync(filter, page.Next, 3, default);

        Assert.Equal([4, 3, 2], page.Runs.Select(r => r.Line));
        Assert.Equal([1], rest.Runs.Select(r => r.Line));
        Assert.Null(rest.Next);
        Assert.Equal([2], (await Runs.ListAsync(filter with { State = RunState.Cancelled }, null, 9, default)).Runs.Select(r => r.Line));
        Assert.Empty((await Runs.ListAsync(filter with { Project = "p-two" }, null, 9, default)).Runs);
        Assert.Empty((await Runs.ListAsync(filter with { Batch = BatchId.New(Time) }, null, 9, default)).Runs);
    }

    [Fact]
    public async Task A_slice_is_stored_whole_or_not_at_all()
    {
        BatchInfo batch = await OpenAsync();
        RunId taken = await Store.SubmitAsync();
        BatchSlice bad = Slice(batch, 1, 2);
        bad = bad with { Runs = [bad.Runs[0], bad.Runs[1] with { Id = taken }] };

        await Assert.ThrowsAsync<InvalidOperationException>(() => Batches.AppendAsync(bad, default).AsTask());

        BatchInfo info = await GetAsync(batch);
        Assert.Equal((0L, 0L, BatchState.Receiving), (info.Lines, info.Counts.Total, info.State));
        Assert.Null(await Runs.GetAsync(Some.Project, bad.Runs[0].Id, default));
    }

    private NewBatch New(string? key = null) =>
        new() { Id = BatchId.New(Time), Function = Some.Function, CreatedAt = Time.GetUtcNow(), IdempotencyKey = key };

    private async Task<BatchInfo> OpenAsync() => await Batches.OpenAsync(New(), default);

    private BatchSlice Slice(BatchInfo batch, params long[] lines) => new()
    {
        Batch = batch.Id,
        Upload = batch.Upload,
        Lines = lines.LastOrDefault(),
        Digest = default,
        Runs = [.. lines.Select(line => Some.Run(Time) with { Line = line })],
    };

    private async Task<BatchInfo> GetAsync(BatchInfo batch)
    {
        BatchInfo? info = await Batches.GetAsync(Some.Project, batch.Id, default);
        Assert.NotNull(info);
        return info;
    }

    private async Task<RunCounts> CountsAsync(BatchInfo batch) => (await GetAsync(batch)).Counts;

    private async Task<IReadOnlyList<BatchResult>> ResultsAsync(BatchInfo batch, long after) =>
        await Batches.ReadResultsAsync(Some.Project, batch.Id, after, 100, 1000, default);

    private async Task SettleAsync(RunId id, Func<long, Settlement> settle) =>
        Assert.True(await Store.SettleAsync(settle((await Store.ClaimAsync(id)).Lease)));
}
