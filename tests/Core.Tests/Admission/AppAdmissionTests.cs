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
    public void Freed_slot_goes_to_the_head_of_the_queue()
    {
        _app.Add("a");
        Slot held = _app.Grant();
        PendingCall first = _app.Sync(bytes: 10);
        PendingCall second = _app.Sync(bytes: 5);
        Assert.Equal(new AdmissionDemand(1, 2, 0, 15, 1, 1), _app.Admission.Demand);

        _app.Time.Advance(TimeSpan.FromSeconds(2));
        held.Release();

        AdmissionResult result = first.Result;
        Assert.True(result.Granted);
        Assert.Equal(TimeSpan.FromSeconds(2), result.Waited);
        Assert.False(result.ColdStart);
        Assert.True(second.Waits);
        Assert.Equal(new AdmissionDemand(1, 1, 0, 5, 1, 1), _app.Admission.Demand);
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
    public void Queue_timeout_ends_the_wait_to_the_millisecond()
    {
        _app.Add("a");
        _app.Grant();
        PendingCall waiting = _app.Sync();

        _app.Time.Advance(_app.Policy.QueueTimeout - TimeSpan.FromMilliseconds(1));
        Assert.True(waiting.Waits);
        _app.Time.Advance(TimeSpan.FromMilliseconds(1));

        AdmissionResult result = waiting.Result;
        Assert.Equal(Refusal.QueueTimeout, result.Refusal);
        Assert.Equal(_app.Policy.QueueTimeout, result.Waited);
        Assert.Equal(0, _app.Admission.Demand.Waiting);
    }

    [Fact]
    public void Cold_start_timeout_holds_while_no_replica_is_ready()
    {
        PendingCall waiting = _app.Sync();

        _app.Time.Advance(_app.Policy.ColdStartTimeout - TimeSpan.FromMilliseconds(1));
        Assert.True(waiting.Waits);
        _app.Time.Advance(TimeSpan.FromMilliseconds(1));

        AdmissionResult result = waiting.Result;
        Assert.Equal(Refusal.ColdStartTimeout, result.Refusal);
        Assert.True(result.ColdStart);
    }

    [Fact]
    public void First_ready_replica_starts_the_queue_timeout_of_those_still_waiting()
    {
        PendingCall granted = _app.Sync();
        PendingCall waiting = _app.Sync();
        _app.Time.Advance(_app.Policy.ColdStartTimeout - TimeSpan.FromSeconds(1));

        _app.Add("a");
        Assert.True(granted.Result.Granted);
        _app.Time.Advance(_app.Policy.QueueTimeout - TimeSpan.FromMilliseconds(1));
        Assert.True(waiting.Waits);
        _app.Time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal(Refusal.QueueTimeout, waiting.Result.Refusal);
    }

    [Fact]
    public void Wait_is_bounded_by_both_timeouts_together_however_often_readiness_changes()
    {
        _app.Add("a");
        _app.Grant();
        PendingCall waiting = _app.Sync();
        TimeSpan bound = _app.Policy.QueueTimeout + _app.Policy.ColdStartTimeout;
        TimeSpan step = TimeSpan.FromSeconds(10);

        for (TimeSpan t = TimeSpan.Zero; t < bound - step; t += step)
        {
            Assert.True(waiting.Waits);
            _app.Time.Advance(step);
            _app.Admission.Suspend(AdmissionFixture.Id("a"));
            _app.Admission.Resume(AdmissionFixture.Id("a"));
        }

        Assert.True(waiting.Waits);
        _app.Time.Advance(step);
        Assert.Equal(bound, waiting.Result.Waited);
    }

    [Fact]
    public async Task Cancelled_waiter_leaves_at_once_and_the_next_one_is_granted()
    {
        _app.Add("a");
        Slot held = _app.Grant();
        using var gone = new CancellationTokenSource();
        PendingCall first = _app.Sync(bytes: 7, ct: gone.Token);
        PendingCall second = _app.Sync();

        await gone.CancelAsync();

        Assert.Equal(Refusal.Cancelled, first.Result.Refusal);
        Assert.Equal(new AdmissionDemand(1, 1, 0, 0, 1, 1), _app.Admission.Demand);
        held.Release();
        Assert.True(second.Result.Granted);
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
    public async Task Cancel_after_the_grant_changes_nothing()
    {
        _app.Add("a");
        Slot held = _app.Grant();
        using var late = new CancellationTokenSource();
        PendingCall waiting = _app.Sync(ct: late.Token);
        held.Release();
        AdmissionResult result = waiting.Result;

        await late.CancelAsync();

        Assert.Equal(1, _app.Admission.Demand.InFlight);
        Assert.True(result.Slot.Release());
    }

    [Fact]
    public void Queue_is_bounded_in_number()
    {
        var app = new AdmissionFixture(new AdmissionPolicy { QueueMaxLength = 2 });
        _ = app.Sync();
        _ = app.Batch();

        Assert.Equal(Refusal.QueueFull, app.Refused());
        Assert.Equal(2, app.Admission.Demand.Waiting);
    }

    [Fact]
    public void Queue_is_bounded_in_bytes()
    {
        var app = new AdmissionFixture(new AdmissionPolicy { QueueMaxBytes = 100 });
        _ = app.Sync(bytes: 60);

        Assert.Equal(Refusal.QueueFull, app.Refused(bytes: 41));
        Assert.True(app.Sync(bytes: 40).Waits);
        Assert.Equal(100, app.Admission.Demand.WaitingBytes);
        Assert.Equal(Refusal.QueueFull, app.Refused(bytes: long.MaxValue));
    }

    [Fact]
    public void Timeout_of_zero_lets_nobody_wait()
    {
        var app = new AdmissionFixture(new AdmissionPolicy { QueueTimeout = TimeSpan.Zero, ColdStartTimeout = TimeSpan.Zero });
        Assert.Equal(Refusal.ColdStartTimeout, app.Refused());
        app.Add("a");
        app.Grant();

        Assert.Equal(Refusal.QueueTimeout, app.Refused());
    }

    [Theory]
    [InlineData(0.0, 0)]
    [InlineData(0.1, 2)]
    [InlineData(0.25, 5)]
    [InlineData(0.5, 10)]
    [InlineData(1.0, 20)]
    public void Batch_gets_its_share_of_the_grants_while_both_wait(double share, int expected)
    {
        var app = new AdmissionFixture(new AdmissionPolicy { BatchShare = share });
        app.Add("a");
        Slot slot = app.Grant();
        List<PendingCall> batch = [.. Enumerable.Range(0, 25).Select(_ => app.Batch())];
        List<PendingCall> sync = [.. Enumerable.Range(0, 25).Select(_ => app.Sync())];

        for (int i = 0; i < 20; i++)
        {
            slot.Release();
            List<PendingCall> granted = batch[0].Waits ? sync : batch;
            slot = granted[0].Result.Slot;
            granted.RemoveAt(0);
        }

        Assert.Equal(25 - expected, batch.Count);
        Assert.Equal(5 + expected, sync.Count);
    }

    [Fact]
    public void Batch_alone_gets_every_slot()
    {
        var app = new AdmissionFixture(new AdmissionPolicy { BatchShare = 0 });
        app.Add("a");
        Slot held = app.Grant();
        PendingCall batch = app.Batch();

        held.Release();

        Assert.True(batch.Result.Granted);
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

    [Fact]
    public void Shorter_timeout_holds_for_those_that_wait_already()
    {
        _app.Add("a");
        _app.Grant();
        PendingCall waiting = _app.Sync();
        _app.Time.Advance(TimeSpan.FromSeconds(3));

        _app.Admission.Configure(_app.Policy with { QueueTimeout = TimeSpan.FromSeconds(5) });
        _app.Time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(TimeSpan.FromSeconds(5), waiting.Result.Waited);
    }

    [Fact]
    public void Longer_timeout_holds_for_those_that_wait_already()
    {
        _app.Add("a");
        _app.Grant();
        PendingCall waiting = _app.Sync();

        _app.Admission.Configure(_app.Policy with { QueueTimeout = TimeSpan.FromSeconds(60) });
        _app.Time.Advance(TimeSpan.FromSeconds(59));

        Assert.True(waiting.Waits);
        _app.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(Refusal.QueueTimeout, waiting.Result.Refusal);
    }

    [Fact]
    public void Lowered_queue_limit_blocks_new_calls_and_cuts_none()
    {
        PendingCall[] waiting = [_app.Sync(), _app.Sync(), _app.Sync()];

        _app.Admission.Configure(_app.Policy with { QueueMaxLength = 1 });

        Assert.All(waiting, w => Assert.True(w.Waits));
        Assert.Equal(Refusal.QueueFull, _app.Refused());
    }

    [Fact]
    public void Waiting_is_raised_for_a_call_that_waits_and_only_for_it()
    {
        int raised = 0;
        _app.Admission.Waiting += admission =>
        {
            Assert.Equal(1, admission.Demand.Waiting); // Not under the lock of another thread, and the call is counted.
            raised++;
        };
        _app.Add("a");

        _app.Grant();
        Assert.Equal(0, raised);
        _ = _app.Sync();

        Assert.Equal(1, raised);
    }

    [Fact]
    public async Task Long_queue_of_calls_that_end_at_once_is_not_one_deep_stack()
    {
        _app.Add("a");
        _app.Admission.Configure(_app.Policy with { QueueMaxLength = 200_000 });
        Slot held = _app.Grant();
        Task[] calls = [.. Enumerable.Range(0, 100_000).Select(_ => CallAsync())];

        held.Release();

        await Task.WhenAll(calls);
        Assert.Equal(0, _app.Admission.Demand.InFlight);

        async Task CallAsync() => (await _app.Admission.AdmitAsync(new CallRequest(CallClass.Sync, 0), CancellationToken.None)).Slot.Release();
    }
}
