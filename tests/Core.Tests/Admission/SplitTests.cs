using InterCluster.Core.Admission;
using InterCluster.Core.Apps;

namespace InterCluster.Core.Tests.Admission;

/// <summary>A revision that is rolled out gets its share of the calls.</summary>
public sealed class SplitTests
{
    private const int Old = 1;
    private const int New = 2;

    public static TheoryData<string, double, int> Shares
    {
        get
        {
            var rows = new TheoryData<string, double, int>();
            foreach (string algorithm in LoadBalancingAlgorithms.All)
            {
                foreach (int fifths in Enumerable.Range(0, 6))
                {
                    rows.Add(algorithm, fifths / 5.0, fifths * 10);
                }
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Shares))]
    public void A_revision_gets_its_share_whatever_the_algorithm_and_the_numbers_of_replicas(string algorithm, double share, int expected)
    {
        AdmissionFixture fixture = Start(algorithm, oldReplicas: 3, newReplicas: 2, concurrency: 100);
        fixture.Admission.Split(New, share);

        Assert.Equal(expected, Taken(fixture, 50).Count(revision => revision == New));
    }

    [Fact]
    public void A_share_is_kept_within_a_handful_of_calls()
    {
        AdmissionFixture fixture = Start(LoadBalancingAlgorithms.RoundRobin, 1, 1, concurrency: 100);
        fixture.Admission.Split(New, 0.2);

        Assert.Equal([Old, Old, Old, Old, New, Old, Old, Old, Old, New], Taken(fixture, 10));
    }

    [Theory]
    [InlineData(0, Old)]
    [InlineData(1, New)]
    public void Nobody_waits_while_the_other_side_has_a_free_slot(double share, int preferred)
    {
        AdmissionFixture fixture = Start(LoadBalancingAlgorithms.FirstAvailable, 1, 1, concurrency: 1);
        fixture.Admission.Split(New, share);

        Assert.Equal([preferred, Old + New - preferred], Taken(fixture, 2));
        PendingCall waiting = fixture.Sync();
        Assert.True(waiting.Waits);
        fixture.Add("another", concurrency: 1, revision: Old + New - preferred);
        Assert.False(waiting.Waits);
    }

    [Fact]
    public void A_slot_that_is_given_back_on_either_side_is_granted_again()
    {
        AdmissionFixture fixture = Start(LoadBalancingAlgorithms.MinConnections, 1, 1, concurrency: 1);
        fixture.Admission.Split(New, 0.2);
        Slot[] slots = [fixture.Grant(), fixture.Grant()];

        foreach (Slot slot in slots)
        {
            int revision = slot.Replica.Revision;
            slot.Release();
            Assert.Equal(revision, fixture.Grant().Replica.Revision);
        }
    }

    [Fact]
    public void Without_a_split_all_replicas_are_alike_again()
    {
        AdmissionFixture fixture = Start(LoadBalancingAlgorithms.RoundRobin, 1, 1, concurrency: 100);
        fixture.Admission.Split(New, 0);
        fixture.Admission.Split(null, 0);

        Assert.Equal(5, Taken(fixture, 10).Count(revision => revision == New));
    }

    private static AdmissionFixture Start(string algorithm, int oldReplicas, int newReplicas, int concurrency)
    {
        var fixture = new AdmissionFixture(new AdmissionPolicy { LoadBalancing = algorithm });
        for (int i = 0; i < oldReplicas; i++)
        {
            fixture.Add($"old{i}", concurrency, Old);
        }

        for (int i = 0; i < newReplicas; i++)
        {
            fixture.Add($"new{i}", concurrency, New);
        }

        return fixture;
    }

    private static List<int> Taken(AdmissionFixture fixture, int calls) => [.. Enumerable.Range(0, calls).Select(_ => fixture.Grant().Replica.Revision)];
}
