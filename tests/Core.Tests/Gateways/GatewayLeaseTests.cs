using InterCluster.Core.Gateways;
using Microsoft.Extensions.Time.Testing;

namespace InterCluster.Core.Tests.Gateways;

/// <summary>When a gateway may give out slots: 10 s of lease, 2 s of margin, 4.5 s until a database that refuses is known to refuse everybody.</summary>
public sealed class GatewayLeaseTests
{
    private static readonly LeaseTerms Terms = new(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5));
    private readonly FakeTimeProvider _time = new();
    private readonly GatewayLease _lease;

    public GatewayLeaseTests() => _lease = new GatewayLease(Terms, _time);

    [Fact]
    public void A_lease_that_was_never_renewed_is_not_held()
    {
        Assert.False(_lease.IsHeld);
        Assert.Null(_lease.OverFor);
    }

    [Fact]
    public void A_renewal_counts_from_before_it_was_sent_and_ends_the_margin_early()
    {
        long sent = _time.GetTimestamp();
        Pass(1.5);
        _lease.Renewed(sent);

        Pass(6.4);
        Assert.True(_lease.IsHeld);
        Pass(0.1);
        Assert.False(_lease.IsHeld);
        Pass(1);
        Assert.Equal(TimeSpan.FromSeconds(1), _lease.OverFor);
    }

    [Fact]
    public void A_database_that_refuses_for_longer_than_the_gap_takes_nobodys_lease()
    {
        _lease.Renewed(_time.GetTimestamp());
        for (int i = 0; i < 60; i++)
        {
            Pass(0.5);
            _lease.Refused(_time.GetTimestamp());
            Assert.True(_lease.IsHeld, $"after {(i + 1) * 0.5} s");
        }

        // From the last refusal on, everybody has a lease to come back, and no longer.
        Pass(8);
        Assert.False(_lease.IsHeld);
    }

    [Fact]
    public void Silence_between_refusals_proves_nothing()
    {
        _lease.Renewed(_time.GetTimestamp());
        for (int i = 0; i < 4; i++)
        {
            Pass(2);
            _lease.Refused(_time.GetTimestamp());
            _lease.Unanswered();
        }

        Assert.False(_lease.IsHeld);
    }

    [Fact]
    public void A_process_that_was_stopped_between_refusals_begins_anew()
    {
        _lease.Renewed(_time.GetTimestamp());
        Pass(1);
        _lease.Refused(_time.GetTimestamp());
        Pass(20);
        _lease.Refused(_time.GetTimestamp());

        Assert.False(_lease.IsHeld);
    }

    [Fact]
    public void A_lease_that_was_ended_is_not_extended_by_a_refusal()
    {
        _lease.Renewed(_time.GetTimestamp());
        _lease.End();
        for (int i = 0; i < 12; i++)
        {
            Pass(0.5);
            _lease.Refused(_time.GetTimestamp());
        }

        Assert.False(_lease.IsHeld);
    }

    private void Pass(double seconds) => _time.Advance(TimeSpan.FromSeconds(seconds));
}
