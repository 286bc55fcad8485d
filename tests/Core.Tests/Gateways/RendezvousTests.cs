using CsCheck;
using InterCluster.Core.Gateways;
using InterCluster.Core.Naming;

namespace InterCluster.Core.Tests.Gateways;

/// <summary>Where apps belong.</summary>
public sealed class RendezvousTests
{
    private static readonly Gen<AppId> Apps = Gen.Select(Gen.Int[1, 20], Gen.Int[1, 100_000], (p, a) => new AppId($"p-{p}", $"app-{a}"));
    private static readonly Gen<GatewayMember[]> Members = Gen.Guid.Array[1, 8].Select(ids => ids.Distinct().Select(id => new GatewayMember(id, "http://g", false)).ToArray());

    [Fact]
    public void An_app_belongs_to_the_same_gateway_whatever_the_order_of_the_members() =>
        Gen.Select(Apps, Members).Sample((app, members) => Rendezvous.HomeOf(app, members) == Rendezvous.HomeOf(app, [.. members.Reverse()]));

    [Fact]
    public void A_gateway_that_joins_takes_apps_and_moves_no_other() => Gen.Select(Apps, Members, Gen.Guid).Sample((app, members, joined) =>
    {
        GatewayMember before = Rendezvous.HomeOf(app, members)!;
        GatewayMember after = Rendezvous.HomeOf(app, [.. members, new GatewayMember(joined, "http://new", false)])!;
        return after == before || after.Id == joined;
    });

    [Fact]
    public void A_gateway_that_leaves_gives_its_apps_away_and_moves_no_other() => Gen.Select(Apps, Members, Gen.Int[0, 7]).Sample((app, members, which) =>
    {
        GatewayMember leaving = members[which % members.Length];
        GatewayMember[] after = [.. members.Select(m => m == leaving ? m with { IsLeaving = true } : m)];
        GatewayMember before = Rendezvous.HomeOf(app, members)!;
        GatewayMember? home = Rendezvous.HomeOf(app, after);
        return before == leaving ? home is not { IsLeaving: true } && home is null == (members.Length == 1) : home == before;
    });

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public void Apps_are_spread_evenly(int gateways)
    {
        const int Each = 3000;
        GatewayMember[] members = [.. Enumerable.Range(1, gateways).Select(i => new GatewayMember(new Guid(i, 0, 0, new byte[8]), "http://g", false))];

        int[] counts = [.. Enumerable.Range(0, gateways * Each).GroupBy(i => Rendezvous.HomeOf(new AppId("p-one", $"app-{i}"), members)!.Id).Select(g => g.Count())];

        Assert.Equal(gateways, counts.Length);
        // Five standard deviations of a fair draw.
        Assert.All(counts, count => Assert.InRange(count, Each - (5 * Math.Sqrt(Each)), Each + (5 * Math.Sqrt(Each))));
    }
}
