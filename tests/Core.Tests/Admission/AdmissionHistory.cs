using InterCluster.Core.Admission;

namespace InterCluster.Core.Tests.Admission;

internal enum AdmissionStep
{
    Sync,
    Batch,
    CancelledCall,
    Cancel,
    Release,
    ReleaseAgain,
    AddReplica,
    Suspend,
    Resume,
    Drain,
    Remove,
    Advance,
    Configure,
    Unavailable,
    Available,
    Close,
}

/// <summary>Runs random steps on the real admission and on the model, and compares the two after each.</summary>
internal sealed class AdmissionHistory
{
    private readonly AdmissionFixture _app;
    private readonly AdmissionModel _model;
    private readonly List<Call> _open = [];
    private readonly List<Held> _held = [];
    private readonly List<Held> _released = [];
    private readonly List<(ModelReplica Replica, Task Drained)> _drains = [];
    private int _replicas;

    public AdmissionHistory(AdmissionPolicy policy)
    {
        _app = new AdmissionFixture(policy);
        _model = new AdmissionModel(policy);
    }

    public void Do(AdmissionStep step, int number)
    {
        Apply(step, number);
        _model.Follow();
        Compare();
    }

    /// <summary>Ends everything: the ledger must be back at zero.</summary>
    public void End()
    {
        Do(AdmissionStep.Close, 0);
        Assert.Empty(_open);
        while (_held.Count > 0)
        {
            Do(AdmissionStep.Release, 0);
        }

        Assert.Equal((0, 0, 0L), (_app.Admission.Demand.InFlight, _app.Admission.Demand.Waiting, _app.Admission.Demand.WaitingBytes));
        Assert.All(_drains, d => Assert.True(d.Drained.IsCompletedSuccessfully));
    }

    private void Apply(AdmissionStep step, int number)
    {
        switch (step)
        {
            case AdmissionStep.Sync or AdmissionStep.Batch or AdmissionStep.CancelledCall:
                Admit(step, number);
                break;
            case AdmissionStep.Cancel when _open.Count > 0:
                Call call = _open[number % _open.Count];
                _model.Cancel(call.Model);
                call.Cancellation.Cancel();
                break;
            case AdmissionStep.Release when _held.Count > 0:
                Release(_held[number % _held.Count]);
                break;
            case AdmissionStep.ReleaseAgain when _released.Count > 0:
                Assert.False(_released[number % _released.Count].Slot.Release());
                break;
            case AdmissionStep.Advance:
                _model.Now += TimeSpan.FromMilliseconds(number);
                _app.Time.Advance(TimeSpan.FromMilliseconds(number));
                break;
            case AdmissionStep.AddReplica:
                AddReplica(1 + (number % 3));
                break;
            case AdmissionStep.Suspend or AdmissionStep.Resume or AdmissionStep.Drain or AdmissionStep.Remove when _model.Replicas.Count > 0:
                ChangeReplica(step, _model.Replicas[number % _model.Replicas.Count]);
                break;
            default:
                ChangeApp(step, number);
                break;
        }
    }

    private void Admit(AdmissionStep step, int number)
    {
        CallClass callClass = step == AdmissionStep.Batch ? CallClass.Batch : CallClass.Sync;
        var call = new Call(new ModelCall(callClass, number % 10));
        if (step == AdmissionStep.CancelledCall)
        {
            call.Cancellation.Cancel();
            call.Model.Outcome = Refusal.Cancelled;
        }
        else
        {
            _model.Admit(call.Model);
        }

        call.Pending = _app.Call(callClass, call.Model.Bytes, call.Cancellation.Token);
        _open.Add(call);
    }

    private void Release(Held held)
    {
        _held.Remove(held);
        _released.Add(held);
        held.Replica.InFlight--;
        if (held.Replica is { Drained: not null, InFlight: 0 })
        {
            _model.Replicas.Remove(held.Replica);
        }

        Assert.True(held.Slot.Release());
    }

    private void AddReplica(int limit)
    {
        string name = $"r{_replicas++}";
        _model.Replicas.Add(new ModelReplica(AdmissionFixture.Id(name), limit));
        _app.Add(name, limit);
    }

    private void ChangeReplica(AdmissionStep step, ModelReplica replica)
    {
        switch (step)
        {
            case AdmissionStep.Suspend:
                replica.Suspended = true;
                _app.Admission.Suspend(replica.Id);
                break;
            case AdmissionStep.Resume:
                replica.Suspended = false;
                _app.Admission.Resume(replica.Id);
                break;
            case AdmissionStep.Drain:
                replica.Drained = _app.Admission.DrainAsync(replica.Id);
                _drains.Add((replica, replica.Drained));
                _model.Replicas.RemoveAll(r => r == replica && r.InFlight == 0);
                break;
            default:
                _model.Replicas.Remove(replica);
                _app.Admission.Remove(replica.Id);
                break;
        }
    }

    private void ChangeApp(AdmissionStep step, int number)
    {
        switch (step)
        {
            case AdmissionStep.Configure:
                _model.Policy = AdmissionProperties.PolicyOf(number);
                _app.Admission.Configure(_model.Policy);
                break;
            case AdmissionStep.Unavailable or AdmissionStep.Available:
                _model.Unavailable = step == AdmissionStep.Unavailable;
                _app.Admission.SetUnavailable(_model.Unavailable ? "crash loop" : null);
                break;
            case AdmissionStep.Close:
                _model.Closed = true;
                _app.Admission.Close();
                break;
        }
    }

    private void Compare()
    {
        foreach (Call call in _open.ToList())
        {
            Assert.Equal(call.Model.Outcome is null, call.Pending!.Waits);
            if (!call.Pending.Waits)
            {
                _open.Remove(call);
                Take(call);
            }
        }

        Assert.All(_model.Replicas, r => Assert.InRange(r.InFlight, 0, r.Limit));
        Assert.Equal(_model.Demand, _app.Admission.Demand);
        Assert.Equal(
            _model.Replicas.Select(r => (r.Id, r.InFlight, r.Accepting)),
            _app.Admission.Loads.Select(l => (l.Replica.Id, l.InFlight, l.Accepting)));
        Assert.All(_drains, d => Assert.Equal(!_model.Replicas.Contains(d.Replica), d.Drained.IsCompleted));
    }

    private void Take(Call call)
    {
        AdmissionResult result = call.Pending!.Result;
        Assert.Equal(call.Model.Outcome, result.Refusal);
        if (result.Granted)
        {
            ModelReplica? replica = _model.Replicas.Find(r => r.Id == result.Slot.Replica.Id);
            Assert.True(replica is { Accepting: true });
            replica.InFlight++;
            _held.Add(new Held(result.Slot, replica));
        }
    }

    private sealed class Call(ModelCall model)
    {
        public ModelCall Model => model;

        public CancellationTokenSource Cancellation { get; } = new();

        public PendingCall? Pending { get; set; }
    }

    private sealed record Held(Slot Slot, ModelReplica Replica);
}
