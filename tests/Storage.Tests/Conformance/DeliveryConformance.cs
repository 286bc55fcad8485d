using System.Text;
using InterCluster.Core.Naming;
using InterCluster.Core.Webhooks;
using InterCluster.Storage.Tests.Harness;

namespace InterCluster.Storage.Tests.Conformance;

/// <summary>A delivery from its first attempt to its removal, and how it is shown.</summary>
public abstract class DeliveryConformance(StoreHarness store) : WebhookTopic(store)
{
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
}
