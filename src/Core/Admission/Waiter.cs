using System.Threading.Tasks.Sources;

namespace InterCluster.Core.Admission;

/// <summary>
/// A call that waits for a slot. Pooled: used again once its result was read. Who takes it out of the queue, under the app's lock, decides its
/// outcome and completes it outside the lock; so there is exactly one outcome.
/// </summary>
internal sealed class Waiter(AppAdmission admission) : IValueTaskSource<AdmissionResult>
{
    // A call granted inline may itself release at once and grant the next, and so on: without this a queue of calls that
    // end at once would be one deep stack.
    [ThreadStatic]
    private static bool t_completing;

    private ManualResetValueTaskSourceCore<AdmissionResult> _source; // Mutable struct: never readonly.
    private CancellationTokenRegistration _cancellation;
    private AdmissionResult _result;

    /// <summary>The neighbours in the queue, the chain of those to be completed, or the pool.</summary>
    public Waiter? Previous { get; set; }

    /// <inheritdoc cref="Previous"/>
    public Waiter? Next { get; set; }

    /// <summary>True while in the queue. Guarded by the app's lock.</summary>
    public bool Queued { get; set; }

    public CallRequest Call { get; private set; }

    /// <summary>When it began to wait, as a timestamp.</summary>
    public long Since { get; private set; }

    /// <summary>No replica was ready then.</summary>
    public bool ColdStart { get; private set; }

    public ValueTask<AdmissionResult> Task => new(this, _source.Version);

    public void Begin(in CallRequest call, long since, bool coldStart) => (Call, Since, ColdStart) = (call, since, coldStart);

    /// <summary>From now on cancellation takes it out. May do so before this returns.</summary>
    public void Watch(CancellationToken ct) =>
        _cancellation = ct.UnsafeRegister(static state => ((Waiter)state!).Cancel(), this);

    /// <summary>Sets the outcome. Under the app's lock, by who took it out of the queue.</summary>
    public void Decide(in Slot slot, Refusal refusal, TimeSpan waited) => _result = new AdmissionResult(slot, refusal, waited, ColdStart);

    /// <summary>Hands the outcome over; the call goes on in the thread pool.</summary>
    public void Complete()
    {
        _source.RunContinuationsAsynchronously = true;
        _source.SetResult(_result);
    }

    /// <summary>Hands the outcome over; the call goes on here, in the thread that released its slot, unless that is itself such a call.</summary>
    public void CompleteInline()
    {
        if (t_completing)
        {
            Complete();
            return;
        }

        t_completing = true;
        try
        {
            _source.RunContinuationsAsynchronously = false;
            _source.SetResult(_result);
        }
        finally
        {
            t_completing = false;
        }
    }

    public AdmissionResult GetResult(short token)
    {
        AdmissionResult result = _source.GetResult(token);

        // A cancellation that can no longer be unregistered may be about to touch this object: it must not be another call by then.
        if (_cancellation == default || _cancellation.Unregister())
        {
            Recycle();
        }

        return result;
    }

    public ValueTaskSourceStatus GetStatus(short token) => _source.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    private void Cancel() => admission.Cancel(this);

    private void Recycle()
    {
        _source.Reset();
        Previous = null;
        _cancellation = default;
        _result = default;
        admission.Recycle(this);
    }
}
