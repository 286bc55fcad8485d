using System.Text;
using InterCluster.Core.Batches;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Core.Webhooks;
using InterCluster.Storage.Tests.Harness;

namespace InterCluster.Storage.Tests.Conformance;

/// <summary>What makes a delivery: a run that ends, a batch that ends, the answer of a sync call.</summary>
public abstract class WebhookConformance(StoreHarness store) : WebhookTopic(store)
{
    [Theory]
    [InlineData(RunState.Succeeded)]
    [InlineData(RunState.Failed)]
    [InlineData(RunState.Dead)]
    public async Task Settling_a_run_for_good_makes_its_delivery(RunState end)
    {
        ClaimedRun run = await ClaimedWithWebhookAsync(Target());
        RunResponse response = Some.Response(end == RunState.Succeeded ? 200 : 500, "the answer");

        Assert.True(await Store.SettleAsync(end switch
        {
            RunState.Succeeded => Settlement.Succeeded(run.Id, run.Lease, response),
            RunState.Failed => Settlement.Failed(run.Id, run.Lease, RunErrors.FunctionError, response),
            _ => Settlement.Dead(run.Id, run.Lease, RunErrors.FunctionError, response),
        }));

        ClaimedDelivery delivery = Assert.Single(await ClaimAsync());
        string? error = end == RunState.Succeeded ? null : RunErrors.FunctionError;
        Assert.Equal(new DeliverySubject(Some.Function, run.Id, end, 1, response.Status, error), delivery.Subject);
        Assert.Equal(("https://a.example/hook?x=1", "a.example:443", "s3cret", WebhookRetries.Lasting), Of(delivery.Target));
        Assert.Equal("the answer", Encoding.UTF8.GetString(delivery.Body!.Value.Span));
        Assert.Equal("text/plain", delivery.ContentType);
        Assert.Equal((0, 0), (delivery.Attempts, delivery.Tries));
    }

    [Fact]
    public async Task Every_way_to_end_a_run_makes_its_delivery_and_no_other_change_does()
    {
        RunId cancelled = await SubmitAsync(Target());
        ClaimedRun running = await ClaimedWithWebhookAsync(Target());
        ClaimedRun lost = await ClaimedWithWebhookAsync(Target());
        ClaimedRun retried = await ClaimedWithWebhookAsync(Target());
        Assert.True(await Store.SettleAsync(Settlement.Retry(retried.Id, retried.Lease, RunErrors.RunTimeout, null, Time.GetUtcNow().AddDays(1))));
        RunId plain = await Store.SubmitAsync();
        Assert.Empty(await ClaimAsync());

        await Runs.CancelAsync(Some.Project, [cancelled, running.Id, plain], default);
        Time.Advance(TimeSpan.FromMinutes(1));
        await Runs.SweepAsync(maxCrashes: 1, limit: 100, default);
        await Runs.FailAppAsync(Some.App, default);

        IReadOnlyList<ClaimedDelivery> deliveries = await ClaimAsync();
        Assert.Equal(
            new[] { (cancelled, RunState.Cancelled), (running.Id, RunState.Cancelled), (lost.Id, RunState.Dead), (retried.Id, RunState.Failed) }.ToHashSet(),
            deliveries.Select(d => (d.Subject.Run, d.Subject.State!.Value)).ToHashSet());
        Assert.All(deliveries, d => Assert.True(d.Body is { IsEmpty: true }));
    }

    [Fact]
    public async Task A_late_settlement_makes_no_delivery()
    {
        ClaimedRun run = await ClaimedWithWebhookAsync(Target());

        Assert.False(await Store.SettleAsync(Settlement.Succeeded(run.Id, run.Lease - 1, Some.Response(200, "late"))));
        Assert.True(await Store.SettleAsync(Settlement.Succeeded(run.Id, run.Lease, Some.Response(200, "right"))));
        Assert.False(await Store.SettleAsync(Settlement.Succeeded(run.Id, run.Lease, Some.Response(200, "again"))));

        Assert.Equal("right", Encoding.UTF8.GetString(Assert.Single(await ClaimAsync()).Body!.Value.Span));
    }

    [Fact]
    public async Task A_replayed_run_is_delivered_again_when_it_ends_again()
    {
        ClaimedRun first = await ClaimedWithWebhookAsync(Target());
        await Store.SettleAsync(Settlement.Failed(first.Id, first.Lease, RunErrors.FunctionError, Some.Response(400, "no")));
        await Runs.ReplayAsync(Some.Project, [first.Id], default);
        ClaimedRun second = await Store.ClaimAsync(first.Id);
        await Store.SettleAsync(Settlement.Succeeded(second.Id, second.Lease, Some.Response(200, "yes")));

        IReadOnlyList<ClaimedDelivery> deliveries = await ClaimAsync();

        Assert.Equal(2, deliveries.Select(d => d.Id).Distinct().Count());
        Assert.Equal(["no", "yes"], deliveries.Select(d => Encoding.UTF8.GetString(d.Body!.Value.Span)).Order());
    }

    [Fact]
    public async Task A_repeated_submission_adds_no_second_delivery()
    {
        NewRun run = Some.Run(Time) with { IdempotencyKey = "k", Webhook = Target() };
        await Store.SubmitAsync(run);
        await Store.SubmitAsync(run with { Id = RunId.New(Time) });

        await Runs.CancelAsync(Some.Project, [run.Id], default);

        Assert.Single(await ClaimAsync());
    }

    [Fact]
    public async Task The_end_of_a_batch_is_told_once_when_its_upload_and_its_last_run_are_over()
    {
        var target = new WebhookTarget { Url = "https://a.example/end", Authority = "a.example:443", Secret = "sealed", Retries = WebhookRetries.Lasting };
        BatchInfo batch = await Batches.OpenAsync(
            new NewBatch { Id = BatchId.New(Time), Function = Some.Function, CreatedAt = Time.GetUtcNow(), Webhook = target }, default);
        await Batches.OpenAsync(new NewBatch { Id = BatchId.New(Time), Function = Some.Function, CreatedAt = Time.GetUtcNow() }, default);
        NewRun run = Some.Run(Time) with { Line = 1, Webhook = new WebhookTarget { Url = "https://line.example/", Authority = "line.example:443" } };
        await Batches.AppendAsync(
            new BatchSlice { Batch = batch.Id, Upload = batch.Upload, Lines = 1, Digest = Array.Empty<byte>(), Runs = [run], Close = BatchState.Complete }, default);
        Assert.Empty(await Webhooks.EndedBatchesAsync(10, default));

        ClaimedRun claimed = await Store.ClaimAsync(run.Id);
        await Store.SettleAsync(Settlement.Succeeded(run.Id, claimed.Lease, Some.Response(200, "ok")));

        EndedBatch ended = Assert.Single(await Webhooks.EndedBatchesAsync(10, default));
        Assert.Equal((batch.Id, 1L, true), (ended.Batch.Id, ended.Batch.Counts.Succeeded, ended.Batch.IsDone));
        Assert.Equal(Of(target), Of(ended.Target));
        NewDelivery delivery = new()
        {
            Id = Guid.CreateVersion7(Time.GetUtcNow()),
            Subject = new DeliverySubject(Some.Function, new RunId(batch.Id.Value), null, null, null, null) { IsBatch = true },
            Target = ended.Target, Body = "{}"u8.ToArray(),
        };
        Assert.True(await Webhooks.AddOfBatchAsync(delivery, batch.Id, default));
        Assert.False(await Webhooks.AddOfBatchAsync(delivery with { Id = Guid.CreateVersion7(Time.GetUtcNow()) }, batch.Id, default));
        Assert.Empty(await Webhooks.EndedBatchesAsync(10, default));
        // That of the line is there beside it.
        IReadOnlyList<ClaimedDelivery> taken = await ClaimAsync();
        Assert.Equal([(false, run.Id.Value), (true, batch.Id.Value)], taken.Select(d => (d.Subject.IsBatch, d.Subject.Run.Value)).OrderBy(d => d.IsBatch));
        Assert.True((await Webhooks.GetAsync(Some.Project, delivery.Id, default))!.Value.Delivery.Subject.IsBatch);
    }

    [Fact]
    public async Task The_answer_of_a_sync_call_is_stored_with_and_without_its_body()
    {
        NewDelivery with = Sync("with");
        NewDelivery empty = Sync("") with { ContentType = null };
        NewDelivery without = Sync("") with { Body = null };
        int raised = 0;
        Webhooks.Due += () => Interlocked.Increment(ref raised);

        foreach (NewDelivery delivery in new[] { with, empty, without })
        {
            await Webhooks.AddAsync(delivery, default);
        }

        Dictionary<Guid, ClaimedDelivery> claimed = (await ClaimAsync()).ToDictionary(d => d.Id);
        Assert.Equal(with.Subject, claimed[with.Id].Subject);
        Assert.Equal("with", Encoding.UTF8.GetString(claimed[with.Id].Body!.Value.Span));
        Assert.True(claimed[empty.Id].Body is { IsEmpty: true });
        Assert.Null(claimed[empty.Id].ContentType);
        Assert.Null(claimed[without.Id].Body);
        Assert.InRange(Volatile.Read(ref raised), 1, 3);
    }

    private static WebhookTarget Target() => new()
    {
        Url = "https://a.example/hook?x=1", Authority = "a.example:443", Secret = "s3cret", Retries = WebhookRetries.Lasting,
    };

    private async Task<RunId> SubmitAsync(WebhookTarget target) => (await Store.SubmitAsync(Some.Run(Time) with { Webhook = target })).Id;

    private async Task<ClaimedRun> ClaimedWithWebhookAsync(WebhookTarget target) => await Store.ClaimAsync(await SubmitAsync(target));
}
