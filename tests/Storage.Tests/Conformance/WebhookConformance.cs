using System.Text;
using InterCluster.Core.Batches;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Core.Webhooks;
using InterCluster.Storage.Tests.Harness;

namespace InterCluster.Storage.Tests.Conformance;

public abstract class WebhookConformance(StoreHarness store) : StoreConformance(store)
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

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
    public async Task A_receiver_that_fails_long_and_often_is_disabled_until_it_is_enabled()
    {
        var patience = new ReceiverPatience(3, TimeSpan.FromHours(1));
        await Webhooks.AddAsync(ToReceiver("down.example:443"), default);
        foreach (int expected in new[] { 1, 2 })
        {
            await FailAsync(patience);
            ReceiverInfo failing = Assert.Single(await Webhooks.ListReceiversAsync(Some.Project, 10, default));
            Assert.Equal(("down.example:443", expected, null, DeliveryErrors.Unreachable), (failing.Authority, failing.Failures, failing.DisabledAt, failing.LastError));
        }

        // Often enough, and not for long enough.
        await FailAsync(patience);
        Assert.Null(Assert.Single(await Webhooks.ListReceiversAsync(Some.Project, 10, default)).DisabledAt);
        Assert.Empty(await Webhooks.ListReceiversAsync("p-two", 10, default));
        Time.Advance(TimeSpan.FromHours(1));
        await FailAsync(patience);

        ReceiverInfo disabled = Assert.Single(await Webhooks.ListReceiversAsync(Some.Project, 10, default));
        Assert.Equal((4, Time.GetUtcNow()), (disabled.Failures, disabled.DisabledAt));
        Time.Advance(TimeSpan.FromMinutes(1));
        Assert.True(Assert.Single(await TakeAsync()).IsReceiverDisabled);
        Assert.Null(await Webhooks.EnableReceiverAsync("p-two", "down.example:443", default));
        Assert.Equal(disabled, await Webhooks.EnableReceiverAsync(Some.Project, "down.example:443", default));
        Assert.Null(await Webhooks.EnableReceiverAsync(Some.Project, "down.example:443", default));
        Time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(Assert.Single(await TakeAsync()).IsReceiverDisabled);

        async Task FailAsync(ReceiverPatience limits)
        {
            ClaimedDelivery taken = Assert.Single(await TakeAsync());
            var attempt = new DeliveryAttempt(taken.Attempts + 1, Time.GetUtcNow(), TimeSpan.Zero, null, DeliveryErrors.Unreachable);
            Assert.True(await Webhooks.SettleAsync(
                new DeliverySettlement(taken.Id, taken.Lease, attempt, DeliveryState.Pending, Time.GetUtcNow()) { Patience = limits }, default));
        }
    }

    [Fact]
    public async Task A_success_forgets_the_failures_of_its_receiver()
    {
        await Webhooks.AddAsync(ToReceiver("a.example:443"), default);
        ClaimedDelivery first = Assert.Single(await TakeAsync());
        await Webhooks.SettleAsync(
            new DeliverySettlement(
                first.Id, first.Lease, new DeliveryAttempt(1, Time.GetUtcNow(), TimeSpan.Zero, 500, DeliveryErrors.Refused), DeliveryState.Pending, Time.GetUtcNow()),
            default);
        Assert.Single(await Webhooks.ListReceiversAsync(Some.Project, 10, default));

        ClaimedDelivery second = Assert.Single(await TakeAsync());
        await Webhooks.SettleAsync(
            new DeliverySettlement(second.Id, second.Lease, new DeliveryAttempt(2, Time.GetUtcNow(), TimeSpan.Zero, 200, null), DeliveryState.Delivered, null), default);

        Assert.Empty(await Webhooks.ListReceiversAsync(Some.Project, 10, default));
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
        IReadOnlyList<ClaimedDelivery> taken = await TakeAsync();
        Assert.Equal([(false, run.Id.Value), (true, batch.Id.Value)], taken.Select(d => (d.Subject.IsBatch, d.Subject.Run.Value)).OrderBy(d => d.IsBatch));
        Assert.True((await Webhooks.GetAsync(Some.Project, delivery.Id, default))!.Value.Delivery.Subject.IsBatch);
    }

    private async Task<IReadOnlyList<ClaimedDelivery>> TakeAsync() =>
        (await Webhooks.ClaimAsync(new WebhookShares(100, 100, 100, 1 << 20, []), Some.Lease, default)).Deliveries;

    private NewDelivery ToReceiver(string authority) => new()
    {
        Id = Guid.CreateVersion7(Time.GetUtcNow()),
        Subject = new DeliverySubject(Some.Function, RunId.New(Time), null, null, 200, null),
        Target = new WebhookTarget { Url = $"https://{authority}/", Authority = authority },
        Body = "x"u8.ToArray(),
    };

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

    [Fact]
    public async Task A_claimed_delivery_is_nobody_elses_until_its_lease_is_over()
    {
        await Webhooks.AddAsync(Sync("x"), default);

        ClaimedDelivery first = Assert.Single(await ClaimAsync());
        Assert.Empty(await ClaimAsync());
        Time.Advance(Lease);
        ClaimedDelivery second = Assert.Single(await ClaimAsync());

        Assert.Equal((first.Id, first.Lease + 1), (second.Id, second.Lease));
        Assert.False(await Webhooks.SettleAsync(Settled(first, DeliveryState.Delivered), default));
        Assert.True(await Webhooks.SettleAsync(Settled(second, DeliveryState.Dead, DeliveryErrors.Refused, 500), default));
        Assert.False(await Webhooks.SettleAsync(Settled(second, DeliveryState.Delivered), default));
        Assert.Equal(DeliveryState.Dead, (await Webhooks.GetAsync(Some.Project, first.Id, default))!.Value.Delivery.State);
    }

    [Fact]
    public async Task Attempts_are_kept_and_the_next_is_due_when_it_was_said()
    {
        await Webhooks.AddAsync(Sync("x"), default);
        ClaimedDelivery first = Assert.Single(await ClaimAsync());
        DateTimeOffset due = Time.GetUtcNow().AddSeconds(5);
        Assert.True(await Webhooks.SettleAsync(Settled(first, DeliveryState.Pending, DeliveryErrors.Timeout) with { DueAt = due }, default));

        WebhookClaim none = await Webhooks.ClaimAsync(Shares(), Lease, default);
        Assert.Equal((0, due), (none.Deliveries.Count, none.NextDue!.Value));
        Time.Advance(TimeSpan.FromSeconds(5));
        ClaimedDelivery second = Assert.Single(await ClaimAsync());
        Assert.Equal((1, 1), (second.Attempts, second.Tries));
        Assert.True(await Webhooks.SettleAsync(Settled(second, DeliveryState.Delivered, status: 204), default));

        (DeliveryInfo info, IReadOnlyList<DeliveryAttempt> log) = (await Webhooks.GetAsync(Some.Project, first.Id, default))!.Value;
        Assert.Equal((DeliveryState.Delivered, 2, 204, null), (info.State, info.Attempts, info.LastStatus, info.LastError));
        Assert.Equal(Time.GetUtcNow(), info.FinishedAt);
        Assert.Null(info.DueAt);
        Assert.Equal([(1, null, DeliveryErrors.Timeout), (2, 204, (string?)null)], log.Select(a => (a.Number, a.Status, a.Error)));
        Assert.All(log, a => Assert.Equal(TimeSpan.FromMilliseconds(12), a.Took));
        Assert.Equal(StoreHarness.Start, log[0].At);
    }

    [Fact]
    public async Task A_delivery_that_ended_can_be_sent_again_under_its_id_with_a_fresh_budget()
    {
        await Webhooks.AddAsync(Sync("x"), default);
        ClaimedDelivery first = Assert.Single(await ClaimAsync());
        Assert.Equal(DeliveryState.Pending, await Webhooks.RedeliverAsync(Some.Project, first.Id, default));
        Assert.Empty(await ClaimAsync());
        await Webhooks.SettleAsync(Settled(first, DeliveryState.Dead, DeliveryErrors.Refused, 500), default);
        int raised = 0;
        Webhooks.Due += () => Interlocked.Increment(ref raised);

        Assert.Null(await Webhooks.RedeliverAsync("p-two", first.Id, default));
        Assert.Equal(DeliveryState.Dead, await Webhooks.RedeliverAsync(Some.Project, first.Id, default));

        ClaimedDelivery again = Assert.Single(await ClaimAsync());
        Assert.Equal((first.Id, 1, 0), (again.Id, again.Attempts, again.Tries));
        Assert.Equal("x", Encoding.UTF8.GetString(again.Body!.Value.Span));
        Assert.Equal(1, Volatile.Read(ref raised));
    }

    [Fact]
    public async Task A_receiver_with_many_deliveries_hides_no_other()
    {
        for (int i = 0; i < 50; i++)
        {
            await Webhooks.AddAsync(Sync("flood", "a.example:443"), default);
        }

        NewDelivery other = Sync("other", "b.example:443");
        NewDelivery foreign = Sync("foreign", "a.example:443", "p-two");
        await Webhooks.AddAsync(other, default);
        await Webhooks.AddAsync(foreign, default);

        IReadOnlyList<ClaimedDelivery> first = (await Webhooks.ClaimAsync(new WebhookShares(10, 6, 4, 1 << 20, []), Lease, default)).Deliveries;
        Assert.Equal(4, first.Count(d => d.Subject.Function.App.Project == Some.Project && d.Target.Authority == "a.example:443"));
        Assert.Contains(first, d => d.Id == other.Id);
        Assert.Contains(first, d => d.Id == foreign.Id);

        // What is being sent counts: nothing more for that receiver.
        var busy = new WebhookShares(10, 6, 4, 1 << 20, first.Select(d => (d.Subject.Function.App.Project, d.Target.Authority)));
        Assert.Empty((await Webhooks.ClaimAsync(busy, Lease, default)).Deliveries);
    }

    [Fact]
    public async Task Receivers_take_turns_when_there_is_room_for_one()
    {
        foreach (string host in new[] { "a", "b", "c", "a", "b", "c" })
        {
            await Webhooks.AddAsync(Sync("x", host + ":443"), default);
        }

        var order = new List<string>();
        for (int i = 0; i < 6; i++)
        {
            order.Add(Assert.Single((await Webhooks.ClaimAsync(new WebhookShares(1, 1, 1, 1 << 20, []), Lease, default)).Deliveries).Target.Authority);
        }

        Assert.Equal(3, order.Take(3).Distinct().Count());
        Assert.Equal(order.Take(3), order.Skip(3));
    }

    [Fact]
    public async Task A_claim_keeps_to_its_bytes_but_takes_at_least_one()
    {
        for (int i = 0; i < 3; i++)
        {
            await Webhooks.AddAsync(Sync(new string('x', 600), $"r{i}:443"), default);
        }

        Assert.Single((await Webhooks.ClaimAsync(new WebhookShares(10, 10, 10, 100, []), Lease, default)).Deliveries);
        Assert.Equal(2, (await Webhooks.ClaimAsync(new WebhookShares(10, 10, 10, 1000, []), Lease, default)).Deliveries.Count);
    }

    [Fact]
    public async Task List_shows_the_projects_own_newest_first_page_by_page()
    {
        RunId run = RunId.New(Time);
        var ids = new List<Guid>();
        for (int i = 0; i < 5; i++)
        {
            NewDelivery delivery = Sync("x") with { Subject = Sync("x").Subject with { Run = i == 2 ? run : RunId.New(Time) } };
            await Webhooks.AddAsync(delivery, default);
            ids.Insert(0, delivery.Id);
        }

        await Webhooks.AddAsync(Sync("x", project: "p-two"), default);
        ClaimedDelivery one = (await Webhooks.ClaimAsync(new WebhookShares(1, 1, 1, 1, []), Lease, default)).Deliveries[0];
        await Webhooks.SettleAsync(Settled(one, DeliveryState.Dead, DeliveryErrors.Refused, 500), default);

        DeliveryPage first = await Webhooks.ListAsync(new DeliveryFilter(Some.Project), null, 3, default);
        DeliveryPage rest = await Webhooks.ListAsync(new DeliveryFilter(Some.Project), first.Next, 3, default);
        Assert.Equal(ids, first.Deliveries.Concat(rest.Deliveries).Select(d => d.Id));
        Assert.Null(rest.Next);
        Assert.Equal([ids[2]], (await Webhooks.ListAsync(new DeliveryFilter(Some.Project, Run: run), null, 3, default)).Deliveries.Select(d => d.Id));
        Assert.Equal([one.Id], (await Webhooks.ListAsync(new DeliveryFilter(one.Subject.Function.App.Project, DeliveryState.Dead), null, 3, default)).Deliveries.Select(d => d.Id));
        Assert.Equal(4, (await Webhooks.ListAsync(new DeliveryFilter(Some.Project, DeliveryState.Pending), null, 9, default)).Deliveries.Count);
        Assert.Empty((await Webhooks.ListAsync(new DeliveryFilter("p-three"), null, 9, default)).Deliveries);
        Assert.Null(await Webhooks.GetAsync("p-two", ids[0], default));
        Assert.Equal(5, await Webhooks.CountPendingAsync(default));
    }

    [Fact]
    public async Task Purge_removes_what_ended_long_ago_and_nothing_that_is_pending()
    {
        foreach (DeliveryState? end in new DeliveryState?[] { DeliveryState.Delivered, DeliveryState.Dead, null })
        {
            await Webhooks.AddAsync(Sync("x", $"{end}:443"), default);
        }

        foreach (ClaimedDelivery delivery in (await ClaimAsync()).Where(d => d.Target.Authority != ":443"))
        {
            await Webhooks.SettleAsync(Settled(delivery, Enum.Parse<DeliveryState>(delivery.Target.Authority.Split(':')[0])), default);
        }

        DateTimeOffset later = Time.GetUtcNow().AddDays(8);
        Assert.Equal(0, await Webhooks.PurgeAsync(Time.GetUtcNow(), Time.GetUtcNow(), 10, default));
        Assert.Equal(1, await Webhooks.PurgeAsync(later, Time.GetUtcNow(), 10, default));
        Assert.Equal(1, await Webhooks.PurgeAsync(later, later, 10, default));
        Assert.Equal(0, await Webhooks.PurgeAsync(later, later, 10, default));
        Assert.Equal(DeliveryState.Pending, Assert.Single((await Webhooks.ListAsync(new DeliveryFilter(Some.Project), null, 9, default)).Deliveries).State);
    }

    protected async Task<IReadOnlyList<ClaimedDelivery>> ClaimAsync() => (await Webhooks.ClaimAsync(Shares(), Lease, default)).Deliveries;

    private static WebhookShares Shares() => new(100, 100, 100, 1 << 20, []);

    private static (string, string, string?, WebhookRetries) Of(WebhookTarget target) => (target.Url, target.Authority, target.Secret, target.Retries);

    private static WebhookTarget Target() => new()
    {
        Url = "https://a.example/hook?x=1", Authority = "a.example:443", Secret = "s3cret", Retries = WebhookRetries.Lasting,
    };

    private static DeliverySettlement Settled(ClaimedDelivery delivery, DeliveryState state, string? error = null, int? status = null) => new(
        delivery.Id, delivery.Lease, new DeliveryAttempt(delivery.Attempts + 1, StoreHarness.Start, TimeSpan.FromMilliseconds(12), status, error), state, null);

    private NewDelivery Sync(string body, string authority = "a.example:443", string project = Some.Project) => new()
    {
        Id = Guid.CreateVersion7(Time.GetUtcNow()),
        Subject = new DeliverySubject(new FunctionId(new AppId(project, "app"), "work"), RunId.New(Time), null, null, 200, null),
        Target = new WebhookTarget { Url = $"https://{authority}/", Authority = authority },
        ContentType = "text/plain",
        Body = Encoding.UTF8.GetBytes(body),
    };

    private async Task<RunId> SubmitAsync(WebhookTarget target) => (await Store.SubmitAsync(Some.Run(Time) with { Webhook = target })).Id;

    private async Task<ClaimedRun> ClaimedWithWebhookAsync(WebhookTarget target) => await Store.ClaimAsync(await SubmitAsync(target));
}
