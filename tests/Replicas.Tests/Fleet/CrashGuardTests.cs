using InterCluster.Replicas.Fleet;

namespace InterCluster.Replicas.Tests.Fleet;

public sealed class CrashGuardTests
{
    private static readonly TimeSpan Stable = TimeSpan.FromSeconds(10);

    private readonly CrashGuard _guard = new(5, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(3), Stable);
    private DateTimeOffset _now = DateTimeOffset.UnixEpoch;

    [Fact]
    public void The_wait_doubles_up_to_its_limit()
    {
        var waits = new List<double>();
        for (int i = 0; i < 5; i++)
        {
            _guard.Crashed(null, _now);
            waits.Add((_guard.NotBefore - _now).TotalSeconds);
            _now = _guard.NotBefore;
        }

        Assert.Equal([0.5, 1, 2, 3, 3], waits);
        Assert.True(_guard.IsLooping);
    }

    [Fact]
    public void A_revision_that_was_never_ready_gets_five_starts_in_all()
    {
        int starts = 0;
        for (int pass = 0; pass < 100; pass++)
        {
            int started = Math.Min(10, _guard.Budget(0, _now));
            starts += started;
            for (int i = 0; i < started; i++)
            {
                _guard.Crashed(null, _now);
            }

            _now += TimeSpan.FromMinutes(1);
        }

        Assert.Equal(5, starts);
    }

    [Fact]
    public void Replicas_that_are_starting_count_against_an_unproven_revision_only()
    {
        Assert.Equal(2, _guard.Budget(starting: 3, _now));
        _guard.Ready();
        Assert.Equal(int.MaxValue, _guard.Budget(starting: 3, _now));
    }

    [Fact]
    public void Nothing_is_started_before_the_wait_is_over()
    {
        _guard.Crashed(null, _now);

        Assert.Equal(0, _guard.Budget(0, _guard.NotBefore - TimeSpan.FromTicks(1)));
        Assert.Equal(4, _guard.Budget(0, _guard.NotBefore));
    }

    [Fact]
    public void A_replica_that_stayed_up_makes_earlier_crashes_forgotten()
    {
        _guard.Crashed(null, _now);
        _guard.Crashed(null, _now);
        DateTimeOffset readyAt = _now + TimeSpan.FromSeconds(1);

        _guard.Seen(readyAt, readyAt + Stable - TimeSpan.FromTicks(1));
        Assert.Equal(2, _guard.Crashes);
        _guard.Seen(readyAt, readyAt + Stable);
        Assert.Equal(0, _guard.Crashes);
    }

    [Fact]
    public void The_crash_of_a_replica_that_stayed_up_is_a_first_one()
    {
        _guard.Crashed(null, _now);
        _guard.Crashed(null, _now);

        _guard.Crashed(_now - Stable, _now);

        Assert.Equal(1, _guard.Crashes);
    }

    [Fact]
    public void A_loop_ends_with_nothing_but_a_new_guard()
    {
        for (int i = 0; i < 5; i++)
        {
            _guard.Crashed(null, _now);
        }

        _guard.Seen(_now + TimeSpan.FromSeconds(1), _now + TimeSpan.FromHours(1));
        _guard.Ready();

        Assert.True(_guard.IsLooping);
        Assert.Equal(0, _guard.Budget(0, _now + TimeSpan.FromHours(1)));
    }
}
