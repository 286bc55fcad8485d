using InterCluster.Core.Webhooks;
using InterCluster.Storage.Tests.Harness;

namespace InterCluster.Storage.Tests.Conformance;

/// <summary>What receivers get of the senders: their share, and nothing more once they have failed for long.</summary>
public abstract class ReceiverConformance(StoreHarness store) : WebhookTopic(store)
{
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
    public async Task A_receiver_that_fails_long_and_often_is_disabled_until_it_is_enabled()
    {
        var patience = new ReceiverPatience(3, TimeSpan.FromHours(1));
        await Webhooks.AddAsync(Sync("x", "down.example:443"), default);
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
        Assert.True(Assert.Single(await ClaimAsync()).IsReceiverDisabled);
        Assert.Null(await Webhooks.EnableReceiverAsync("p-two", "down.example:443", default));
        Assert.Equal(disabled, await Webhooks.EnableReceiverAsync(Some.Project, "down.example:443", default));
        Assert.Null(await Webhooks.EnableReceiverAsync(Some.Project, "down.example:443", default));
        Time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(Assert.Single(await ClaimAsync()).IsReceiverDisabled);

        async Task FailAsync(ReceiverPatience limits)
        {
            ClaimedDelivery taken = Assert.Single(await ClaimAsync());
            var attempt = new DeliveryAttempt(taken.Attempts + 1, Time.GetUtcNow(), TimeSpan.Zero, null, DeliveryErrors.Unreachable);
            Assert.True(await Webhooks.SettleAsync(
                new DeliverySettlement(taken.Id, taken.Lease, attempt, DeliveryState.Pending, Time.GetUtcNow()) { Patience = limits }, default));
        }
    }

    [Fact]
    public async Task A_success_forgets_the_failures_of_its_receiver()
    {
        await Webhooks.AddAsync(Sync("x", "a.example:443"), default);
        ClaimedDelivery first = Assert.Single(await ClaimAsync());
        await Webhooks.SettleAsync(
            new DeliverySettlement(
                first.Id, first.Lease, new DeliveryAttempt(1, Time.GetUtcNow(), TimeSpan.Zero, 500, DeliveryErrors.Refused), DeliveryState.Pending, Time.GetUtcNow()),
            default);
        Assert.Single(await Webhooks.ListReceiversAsync(Some.Project, 10, default));

        ClaimedDelivery second = Assert.Single(await ClaimAsync());
        await Webhooks.SettleAsync(
            new DeliverySettlement(second.Id, second.Lease, new DeliveryAttempt(2, Time.GetUtcNow(), TimeSpan.Zero, 200, null), DeliveryState.Delivered, null), default);

        Assert.Empty(await Webhooks.ListReceiversAsync(Some.Project, 10, default));
    }
}
