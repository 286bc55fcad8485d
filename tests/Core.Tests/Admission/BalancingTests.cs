using CsCheck;
using InterCluster.Core.Admission;
using InterCluster.Core.Admission.Balancing;
using InterCluster.Core.Apps;

namespace InterCluster.Core.Tests.Admission;

public sealed class BalancingTests
{
    private const int Histories = 5_000;

    [Fact]
    public void Round_robin_rotates_in_order_and_skips_full_ones()
    {
        AdmissionFixture app = AppOf(LoadBalancingAlgorithms.RoundRobin, 2, 1, 2);

        Slot[] slots = [.. Enumerable.Range(0, 5).Select(_ => app.Grant())];
        Assert.Equal(["r0", "r1", "r2", "r0", "r2"], slots.Select(Name));

        slots[1].Release();
        slots[3].Release();
        Assert.Equal(["r0", "r1"], new[] { app.Grant(), app.Grant() }.Select(Name));
    }

    [Fact]
    public void First_available_fills_the_first_replica_before_the_next()
    {
        AdmissionFixture app = AppOf(LoadBalancingAlgorithms.FirstAvailable, 2, 2);

        Slot[] slots = [.. Enumerable.Range(0, 3).Select(_ => app.Grant())];
        Assert.Equal(["r0", "r0", "r1"], slots.Select(Name));

        slots[0].Release();
        Assert.Equal("r0", Name(app.Grant()));
    }

    [Fact]
    public void Min_connections_spreads_equal_load_over_all()
    {
        AdmissionFixture app = AppOf(LoadBalancingAlgorithms.MinConnections, 5, 5, 5);

        for (int round = 0; round < 9; round++)
        {
            Slot slot = app.Grant();
            Assert.Equal($"r{round % 3}", Name(slot));
            slot.Release();
        }
    }

    [Fact]
    public void Random_choice_2_never_picks_the_heaviest_of_three_and_picks_the_others()
    {
        AdmissionFixture app = AppOf(LoadBalancingAlgorithms.RandomChoice2, 9, 9, 9);
        Slot[] held = [.. Enumerable.Range(0, 12).Select(_ => app.Grant())];
        foreach (Slot slot in held.Where(s => Name(s) != "r1"))
        {
            slot.Release();
        }

        HashSet<string> picked = [];
        for (int i = 0; i < 100; i++)
        {
            Slot slot = app.Grant();
            picked.Add(Name(slot));
            slot.Release();
        }

        Assert.Equal(["r0", "r2"], picked.Order());
    }

    [Fact]
    public void First_available_and_min_connections_pick_as_a_plain_search_would() =>
        Gen.Select(
            Gen.OneOf(LoadBalancingAlgorithms.FirstAvailable, LoadBalancingAlgorithms.MinConnections),
            Gen.Int[1, 3].Array[1, 140],
            Gen.Select(Gen.Frequency<char>((5, '+'), (3, '-'), (1, 's'), (1, 'r')), Gen.Int[0, 1000]).Array[1, 80])
        .Sample(
            (algorithm, limits, steps) =>
            {
                AdmissionFixture app = AppOf(algorithm, limits);
                List<Slot> held = [];
                foreach ((char step, int number) in steps)
                {
                    Step(app, algorithm, held, step, number);
                }
            },
            iter: Histories);

    [Fact]
    public void Round_robin_picks_the_next_with_room_after_the_last() =>
        Gen.Select(Gen.Int[1, 3].Array[1, 140], Gen.Select(Gen.Bool, Gen.Int[0, 1000]).Array[1, 80]).Sample(
            (limits, steps) =>
            {
                AdmissionFixture app = AppOf(LoadBalancingAlgorithms.RoundRobin, limits);
                List<Slot> held = [];
                int last = -1;
                foreach ((bool release, int number) in steps)
                {
                    if (release && held.Count > 0)
                    {
                        held[number % held.Count].Release();
                        held.RemoveAt(number % held.Count);
                    }
                    else if (app.Admission.Demand is var demand && demand.InFlight < demand.Capacity)
                    {
                        List<ReplicaLoad> loads = [.. app.Admission.Loads];
                        int after = last + 1;
                        last = Enumerable.Range(0, loads.Count).Select(i => (after + i) % loads.Count).First(i => HasRoom(loads[i]));
                        held.Add(app.Grant());
                        Assert.Equal(loads[last].Replica, held[^1].Replica);
                    }
                }
            },
            iter: Histories);

    [Fact]
    public void Free_set_finds_what_a_sorted_set_finds() =>
        Gen.Select(Gen.Int[1, 300], Gen.Select(Gen.Int[0, 299], Gen.Bool, Gen.Int[0, 320]).Array[1, 60]).Sample(
            (size, steps) =>
            {
                var set = new FreeSet();
                var plain = new SortedSet<int>();
                set.Reset(size);
                foreach ((int index, bool free, int start) in steps)
                {
                    set.Set(index % size, free);
                    _ = free ? plain.Add(index % size) : plain.Remove(index % size);
                    Assert.Equal(plain.Where(i => i >= start).Append(-1).First(), set.NextAt(start));
                }
            },
            iter: Histories);

    [Fact]
    public void Unknown_algorithm_is_refused_by_name()
    {
        var error = Assert.Throws<ArgumentException>(() => new AdmissionFixture(new AdmissionPolicy { LoadBalancing = "best" }));

        Assert.Contains("'best'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Algorithm_changes_while_calls_are_in_flight()
    {
        AdmissionFixture app = AppOf(LoadBalancingAlgorithms.FirstAvailable, 4, 4);
        app.Grant();
        app.Grant();

        app.Admission.Configure(app.Policy with { LoadBalancing = LoadBalancingAlgorithms.MinConnections });

        Assert.Equal(["r1", "r1"], new[] { app.Grant(), app.Grant() }.Select(Name));
    }

    private static void Step(AdmissionFixture app, string algorithm, List<Slot> held, char step, int number)
    {
        List<ReplicaLoad> loads = [.. app.Admission.Loads];
        switch (step)
        {
            case '+' when loads.Exists(HasRoom):
                int expected = algorithm == LoadBalancingAlgorithms.FirstAvailable
                    ? loads.FindIndex(HasRoom)
                    : loads.Where(HasRoom).Min(l => l.InFlight);
                held.Add(app.Grant());
                int picked = loads.FindIndex(l => l.Replica == held[^1].Replica);
                Assert.Equal(expected, algorithm == LoadBalancingAlgorithms.FirstAvailable ? picked : loads[picked].InFlight);
                break;
            case '-' when held.Count > 0:
                held[number % held.Count].Release();
                held.RemoveAt(number % held.Count);
                break;
            case 's':
                app.Admission.Suspend(loads[number % loads.Count].Replica.Id);
                break;
            case 'r':
                app.Admission.Resume(loads[number % loads.Count].Replica.Id);
                break;
        }
    }

    private static bool HasRoom(ReplicaLoad load) => load.Accepting && load.InFlight < load.Replica.Concurrency;

    private static string Name(Slot slot) => slot.Replica.Id.Value;

    private static AdmissionFixture AppOf(string algorithm, params int[] limits)
    {
        var app = new AdmissionFixture(new AdmissionPolicy { LoadBalancing = algorithm });
        for (int i = 0; i < limits.Length; i++)
        {
            app.Add($"r{i}", limits[i]);
        }

        return app;
    }
}
