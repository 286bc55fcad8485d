using InterCluster.Core.Admission;
using InterCluster.Core.Gateways;
using Microsoft.Extensions.Time.Testing;

namespace InterCluster.Core.Tests.Admission;

/// <summary>An admission whose gateway has a lease, and may or may not be the app's home.</summary>
public sealed class HomeAdmissionTests : IDisposable
{
    private static readonly LeaseTerms Terms = new(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5));
    private readonly FakeTimeProvider _time = new();
    private readonly GatewayLease _lease;
    private readonly AppAdmission _admission;

    public HomeAdmissionTests()
    {
        _lease = new GatewayLease(Terms, _time);
        _admission = new AppAdmission(AdmissionFixture.App, new AdmissionPolicy(), _time, new Random(1), _lease);
    }

    public void Dispose() => _admission.Dispose();

    [Fact]
    public async Task Without_the_home_every_call_moves()
    {
        _lease.Renewed(_time.GetTimestamp());
        _admission.Add(AdmissionFixture.Replica("a", 1));

        Assert.Equal(Refusal.Moved, (await Call()).Refusal);
    }

    [Fact]
    public async Task What_waits_as_the_home_leaves_moves_too_and_what_is_in_flight_goes_on()
    {
        Enter(concurrency: 1);
        AdmissionResult held = await Call();
        ValueTask<AdmissionResult> waiting = Call();

        _admission.Leave();

        Assert.Equal(Refusal.Moved, (await waiting).Refusal);
        Assert.Equal(1, _admission.Demand.InFlight);
        Assert.True(held.Slot.Release());
    }

    [Fact]
    public async Task When_the_lease_is_over_nothing_is_granted_until_it_is_held_again()
    {
        Enter(concurrency: 2);
        AdmissionResult held = await Call();
        _time.Advance(TimeSpan.FromSeconds(8));
        ValueTask<AdmissionResult> waiting = Call();
        held.Slot.Release();
        Assert.False(waiting.IsCompleted);

        _lease.Renewed(_time.GetTimestamp());
        _admission.Reconsider();

        Assert.True((await waiting).Granted);
    }

    [Fact]
    public async Task Slots_that_are_held_elsewhere_are_not_granted()
    {
        _admission.HoldBack(new Dictionary<string, int> { ["http://a"] = 2 });
        Enter(concurrency: 3);
        Assert.True((await Call()).Granted);
        ValueTask<AdmissionResult> waiting = Call();
        Assert.False(waiting.IsCompleted);

        _admission.HoldBack(new Dictionary<string, int> { ["http://a"] = 1 });

        Assert.True((await waiting).Granted);
        ValueTask<AdmissionResult> another = Call();
        Assert.False(another.IsCompleted);
    }

    [Fact]
    public async Task A_replica_that_comes_back_while_its_calls_from_before_go_on_has_the_other_slots_only()
    {
        Enter(concurrency: 2);
        AdmissionResult before = await Call();
        _admission.Leave();
        Task drained = _admission.DrainAsync(AdmissionFixture.Id("a"));

        _admission.Add(new Core.Replicas.Replica(AdmissionFixture.Id("again"), AdmissionFixture.App, 1, "http://a", 2));
        _admission.Enter();
        Assert.True((await Call()).Granted);
        ValueTask<AdmissionResult> waiting = Call();
        Assert.False(waiting.IsCompleted);
        before.Slot.Release();

        Assert.True((await waiting).Granted);
        await drained;
    }

    private void Enter(int concurrency)
    {
        _lease.Renewed(_time.GetTimestamp());
        _admission.Add(AdmissionFixture.Replica("a", concurrency));
        _admission.Enter();
    }

    private ValueTask<AdmissionResult> Call() => _admission.AdmitAsync(new CallRequest(CallClass.Sync, 0), CancellationToken.None);
}
