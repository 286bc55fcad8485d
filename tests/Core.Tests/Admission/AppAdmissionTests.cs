using InterCluster.Core.Admission;
using InterCluster.Core.Replicas;

namespace InterCluster.Core.Tests.Admission;

public sealed class AppAdmissionTests
{
    private readonly AdmissionFixture _app = new();

    [Fact]
    public void Free_slot_is_granted_at_once()
    {
        Replica replica = _app.Add("a");

        Slot slot = _app.Grant();

        Assert.Same(replica, slot.Replica);
        Assert.Equal(new AdmissionDemand(1, 0, 0, 0, 1, 1), _app.Admission.Demand);
        Assert.True(slot.Release());
        Assert.Equal(new AdmissionDemand(0, 0, 0, 0, 1, 1), _app.Admission.Demand);
    }

    [Fact]
    public void Second_release_does_nothing_even_when_the_slot_is_held_by_another_call()
    {
        _app.Add("a");
        Slot first = _app.Grant();
        Assert.True(first.Release());
        Slot second = _app.Grant();

        Assert.False(first.Release());

        Assert.Equal(1, _app.Admission.Demand.InFlight);
        Assert.True(second.Release());
        Assert.False(default(Slot).Release());
    }

    [Fact]
    public void New_replica_drains_the_queue_up_to_its_slots()
    {
        PendingCall[] calls = [.. Enumerable.Range(0, 5).Select(_ => _app.Sync())];

        _app.Add("a", concurrency: 3);

        Assert.All(calls[..3], c => Assert.True(c.Result is { Granted: true, ColdStart: true }));
        Assert.All(calls[3..], c => Assert.True(c.Waits));
        Assert.Equal(new AdmissionDemand(3, 2, 0, 0, 1, 3), _app.Admission.Demand);
    }

    [Fact]
    public void Replica_that_comes_gets_the_waiting_call_while_another_is_slow()
    {
        _app.Add("slow");
        _app.Grant();
        PendingCall waiting = _app.Sync();

        Replica fresh = _app.Add("fresh");

        Assert.Same(fresh, waiting.Result.Slot.Replica);
    }

    [Fact]
    public void Cancelled_caller_is_refused_and_takes_nothing()
    {
        _app.Add("a");

        AdmissionResult result = _app.Sync(ct: new CancellationToken(canceled: true)).Result;

        Assert.Equal(Refusal.Cancelled, result.Refusal);
        Assert.Equal(0, _app.Admission.Demand.InFlight);
    }

    [Fact]
    public void Suspended_replica_keeps_its_calls_and_gets_no_new_ones_until_resumed()
    {
        _app.Add("a", concurrency: 2);
        Slot held = _app.Grant();
        _app.Admission.Suspend(AdmissionFixture.Id("a"));
        PendingCall waiting = _app.Sync();
        Assert.Equal(new AdmissionDemand(1, 1, 0, 0, 0, 0), _app.Admission.Demand);
        held.Release();
        Assert.True(waiting.Waits);

        _app.Admission.Resume(AdmissionFixture.Id("a"));

        Assert.True(waiting.Result.Granted);
    }

    [Fact]
    public async Task Drain_ends_with_the_last_call_and_nothing_brings_the_replica_back()
    {
        _app.Add("a", concurrency: 2);
        Slot first = _app.Grant();
        Slot second = _app.Grant();
        Task drained = _app.Admission.DrainAsync(AdmissionFixture.Id("a"));
        Assert.Same(drained, _app.Admission.DrainAsync(AdmissionFixture.Id("a")));
        PendingCall waiting = _app.Sync();

        _app.Admission.Resume(AdmissionFixture.Id("a"));
        first.Release();
        Assert.False(drained.IsCompleted);
        Assert.False(Assert.Single(_app.Admission.Loads).Accepting);
        second.Release();

        await drained;
        Assert.Empty(_app.Admission.Loads);
        Assert.True(waiting.Waits);
    }

    [Fact]
    public async Task Drain_of_an_idle_or_unknown_replica_is_over_at_once()
    {
        _app.Add("a");

        await _app.Admission.DrainAsync(AdmissionFixture.Id("a"));
        await _app.Admission.DrainAsync(AdmissionFixture.Id("b"));

        Assert.Empty(_app.Admission.Loads);
    }

    [Fact]
    public async Task Removed_replica_is_gone_at_once_and_its_slots_release_harmlessly()
    {
        _app.Add("a");
        Slot held = _app.Grant();
        Task drained = _app.Admission.DrainAsync(AdmissionFixture.Id("a"));
        PendingCall waiting = _app.Sync();

        _app.Admission.Remove(AdmissionFixture.Id("a"));

        await drained;
        Assert.Equal(0, _app.Admission.Demand.InFlight);
        Assert.True(held.Release());
        Assert.False(held.Release());
        Assert.True(waiting.Waits);
        _app.Add("a");
        Assert.True(waiting.Result.Granted);
    }

    [Fact]
    public void Same_replica_twice_is_an_error()
    {
        _app.Add("a");

        Assert.Throws<ArgumentException>(() => _app.Add("a"));
        Assert.Single(_app.Admission.Loads);
    }

    [Fact]
    public void Unavailable_app_refuses_those_that_wait_and_those_that_come_until_a_replica_is_ready()
    {
        PendingCall waiting = _app.Sync();

        _app.Admission.SetUnavailable("crash loop");

        Assert.Equal(Refusal.NoReplica, waiting.Result.Refusal);
        Assert.Equal(Refusal.NoReplica, _app.Refused());
        Assert.Equal("crash loop", _app.Admission.Unavailable);
        _app.Add("a");
        _app.Grant();
        PendingCall queued = _app.Sync();
        Assert.True(queued.Waits);
        _app.Admission.Suspend(AdmissionFixture.Id("a"));
        Assert.Equal(Refusal.NoReplica, queued.Result.Refusal);
        _app.Admission.SetUnavailable(null);
        Assert.True(_app.Sync().Waits);
    }

    [Fact]
    public void Closed_app_refuses_everybody_for_ever_and_lets_calls_in_flight_end()
    {
        _app.Add("a");
        Slot held = _app.Grant();
        PendingCall waiting = _app.Sync();

        _app.Admission.Close();

        Assert.Equal(Refusal.Draining, waiting.Result.Refusal);
        Assert.Equal(1, _app.Admission.Demand.InFlight);
        Assert.True(held.Release());
        _app.Add("b");
        Assert.Equal(Refusal.Draining, _app.Refused());
    }
}
