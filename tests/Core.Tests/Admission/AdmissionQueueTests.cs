using InterCluster.Core.Admission;

namespace InterCluster.Core.Tests.Admission;

/// <summary>Who waits, how many, and who is next.</summary>
public sealed class AdmissionQueueTests
{
    private readonly AdmissionFixture _app = new();

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
        _ = app.Sync();

        Assert.Equal(Refusal.QueueFull, app.Refused());
        Assert.Equal(2, app.Admission.Demand.Waiting);
    }

    [Theory]
    [InlineData(CallClass.Batch, CallClass.Sync)]
    [InlineData(CallClass.Sync, CallClass.Batch)]
    public void Flood_of_one_class_has_no_call_of_the_other_refused(CallClass flood, CallClass other)
    {
        var app = new AdmissionFixture(new AdmissionPolicy { QueueMaxLength = 2, QueueMaxBytes = 10 });
        PendingCall[] flooding = [.. Enumerable.Range(0, 20).Select(_ => app.Call(flood, bytes: 5))];
        PendingCall[] quiet = [app.Call(other, bytes: 5), app.Call(other, bytes: 5), app.Call(other, bytes: 0)];

        Assert.Equal([true, true, false], flooding[..3].Select(c => c.Waits));
        Assert.All(flooding[2..], call => Assert.Equal(Refusal.QueueFull, call.Result.Refusal));
        Assert.Equal([true, true, false], quiet.Select(c => c.Waits));
        Assert.Equal((4, 20L), (app.Admission.Demand.Waiting, app.Admission.Demand.WaitingBytes));
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
