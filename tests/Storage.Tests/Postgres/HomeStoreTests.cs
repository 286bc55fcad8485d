using InterCluster.Core.Gateways;
using InterCluster.Core.Naming;
using InterCluster.Storage.Postgres.Engine;
using InterCluster.Storage.Postgres.Gateways;
using InterCluster.Storage.Tests.Harness;

namespace InterCluster.Storage.Tests.Postgres;

/// <summary>Leases of 10 s and homes, on the database's clock.</summary>
public sealed class HomeStoreTests : IDisposable
{
    private static readonly LeaseTerms Terms = new(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5));
    private static readonly AppId App = new("p-one", "app");
    private readonly PostgresHarness _database;
    private readonly PostgresHomeStore _store;
    private readonly GatewayMember _a = Member("http://a");
    private readonly GatewayMember _b = Member("http://b");

    public HomeStoreTests(PostgresTemplate template)
    {
        _database = new PostgresHarness(template);
        // The row was made by the real clock.
        Task.Run(() => _database.Database.RunAsync("update intercluster.gateway_service set renewed_at = intercluster.clock(), up_since = intercluster.clock() - interval '1 hour'"))
            .GetAwaiter().GetResult();
        _store = new PostgresHomeStore(_database.Get<PostgresDatabase>(), Terms);
    }

    public void Dispose()
    {
        _store.Dispose();
        _database.Dispose();
    }

    [Fact]
    public async Task A_lease_is_ended_after_its_time_and_never_before_and_then_cannot_be_renewed()
    {
        await JoinAsync();
        for (int i = 0; i < 4; i++)
        {
            Pass(2.4);
            Assert.Equal(2, (await RenewAsync(_b)).Members.Count);
        }

        Pass(1);
        GatewayView after = await RenewAsync(_b);
        GatewayView late = await RenewAsync(_a);

        Assert.Equal([_b], after.Members);
        Assert.False(late.IsMember);
    }

    [Fact]
    public async Task A_lease_that_is_over_and_was_not_ended_can_be_renewed()
    {
        await JoinAsync();
        Pass(15);

        Assert.True((await RenewAsync(_a)).IsMember);
        Assert.Equal(2, (await RenewAsync(_b)).Members.Count);
    }

    [Fact]
    public async Task When_the_database_was_away_nobody_is_taken_for_gone_before_a_whole_lease_has_passed()
    {
        await JoinAsync();
        await RenewAsync(_a);
        Pass(60);
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(2, (await RenewAsync(_b)).Members.Count);
            Pass(2.4);
        }

        Pass(1);
        Assert.Equal([_b], (await RenewAsync(_b)).Members);
    }

    [Fact]
    public async Task A_renewal_and_the_end_of_a_lease_at_the_same_time_come_to_one_answer()
    {
        for (int round = 0; round < 20; round++)
        {
            (GatewayMember a, GatewayMember b) = (Member($"http://a{round}"), Member($"http://b{round}"));
            using var other = new PostgresHomeStore(_database.Get<PostgresDatabase>(), Terms);
            await _store.JoinAsync(a, false, default);
            await other.JoinAsync(b, false, default);
            for (int i = 0; i < 5; i++)
            {
                Pass(2.2);
                await RenewAsync(b);
            }

            Task<GatewayView> ending = other.RenewAsync(b, 0, default);
            GatewayView renewed = await _store.RenewAsync(a, 0, default);
            await ending;

            Assert.Equal(renewed.IsMember, (await RenewAsync(b)).Members.Contains(a));
            await _store.LeaveAsync(a.Id, default);
            await _store.LeaveAsync(b.Id, default);
        }
    }

    [Fact]
    public async Task Racing_claims_give_every_home_to_one_gateway()
    {
        AppId[] apps = [.. Enumerable.Range(0, 50).Select(i => new AppId("p-one", $"app-{i}"))];
        PostgresHomeStore[] stores = [.. Enumerable.Range(0, 4).Select(_ => new PostgresHomeStore(_database.Get<PostgresDatabase>(), Terms))];
        GatewayMember[] members = [.. Enumerable.Range(0, 4).Select(i => Member($"http://{i}"))];
        await Task.WhenAll(stores.Zip(members, (s, m) => s.JoinAsync(m, false, default)));

        IReadOnlyList<HomeClaim>[] taken = await Task.WhenAll(stores.Zip(members, (s, m) => s.ClaimAsync(m.Id, apps, default)));

        Assert.Equal(apps.Order(ByName), taken.SelectMany(t => t.Select(c => c.Home.App)).Order(ByName));
        Assert.All(taken.SelectMany(t => t), claim => Assert.Equal((1, false), (claim.Home.Epoch, claim.WasLost)));
        Assert.Equal(50, (await stores[0].RenewAsync(members[0], 0, default)).Homes.Count);
        Array.ForEach(stores, s => s.Dispose());
    }

    [Fact]
    public async Task A_home_that_is_held_is_nobody_elses_and_one_that_was_lost_is_taken_under_a_higher_epoch()
    {
        await JoinAsync();
        Assert.Single(await _store.ClaimAsync(_a.Id, [App], default));
        Assert.Empty(await _store.ClaimAsync(_b.Id, [App], default));
        for (int i = 0; i < 5; i++)
        {
            Pass(2.4);
            await RenewAsync(_b);
        }

        HomeClaim claim = Assert.Single(await _store.ClaimAsync(_b.Id, [App], default));

        Assert.Equal((_b.Id, 2, true), (claim.Home.Gateway, claim.Home.Epoch, claim.WasLost));
        Assert.Empty(await _store.ClaimAsync(_a.Id, [App], default));
    }

    [Fact]
    public async Task What_is_handed_over_comes_with_the_slots_that_are_still_held_until_they_are_reported_free()
    {
        await JoinAsync();
        await _store.ClaimAsync(_a.Id, [App], default);
        await _store.ReleaseAsync(_a.Id, [App], [new HeldSlots(App, "http://replica", 3)], default);

        HomeClaim claim = Assert.Single(await _store.ClaimAsync(_b.Id, [App], default));
        await _store.ReportAsync(_a.Id, [new HeldSlots(App, "http://replica", 1)], default);
        GatewayView one = await RenewAsync(_b);
        await _store.ReportAsync(_a.Id, [], default);
        GatewayView none = await RenewAsync(_b);

        Assert.False(claim.WasLost);
        Assert.Equal([new HeldSlots(App, "http://replica", 3)], claim.Held);
        Assert.Equal([new HeldSlots(App, "http://replica", 1)], one.Held);
        Assert.Empty(none.Held);
    }

    [Fact]
    public async Task Slots_of_a_gateway_that_is_gone_rest_for_a_while_and_are_free()
    {
        await JoinAsync();
        await _store.ClaimAsync(_a.Id, [App], default);
        await _store.ReleaseAsync(_a.Id, [App], [new HeldSlots(App, "http://replica", 3)], default);
        await _store.ClaimAsync(_b.Id, [App], default);
        for (int i = 0; i < 6; i++)
        {
            Pass(2.4);
            Assert.Single((await RenewAsync(_b)).Held);
        }

        Pass(1);
        Assert.Empty((await RenewAsync(_b)).Held);
    }

    [Fact]
    public async Task Who_comes_back_at_an_address_ends_the_lease_of_who_was_there()
    {
        await JoinAsync();
        GatewayMember again = Member("http://a");
        await _store.JoinAsync(again, true, default);

        Assert.False((await RenewAsync(_a)).IsMember);
        Assert.Equal(2, (await RenewAsync(again)).Members.Count);
    }

    private static Comparer<AppId> ByName => Comparer<AppId>.Create((x, y) => string.CompareOrdinal(x.App, y.App));

    private static GatewayMember Member(string address) => new(Guid.CreateVersion7(), address, IsLeaving: false);

    private async Task JoinAsync()
    {
        await _store.JoinAsync(_a, false, default);
        await _store.JoinAsync(_b, false, default);
    }

    private Task<GatewayView> RenewAsync(GatewayMember member) => _store.RenewAsync(member, 0, default);

    private void Pass(double seconds) => _database.Time.Advance(TimeSpan.FromSeconds(seconds));
}
