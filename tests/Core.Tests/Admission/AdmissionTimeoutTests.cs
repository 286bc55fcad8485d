using InterCluster.Core.Admission;

namespace InterCluster.Core.Tests.Admission;

/// <summary>How long a call waits.</summary>
public sealed class AdmissionTimeoutTests
{
    private readonly AdmissionFixture _app = new();

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
    public void Timeout_of_zero_lets_nobody_wait()
    {
        var app = new AdmissionFixture(new AdmissionPolicy { QueueTimeout = TimeSpan.Zero, ColdStartTimeout = TimeSpan.Zero });
        Assert.Equal(Refusal.ColdStartTimeout, app.Refused());
        app.Add("a");
        app.Grant();

        Assert.Equal(Refusal.QueueTimeout, app.Refused());
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
}
