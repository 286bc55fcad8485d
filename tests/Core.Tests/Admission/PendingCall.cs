using InterCluster.Core.Admission;

namespace InterCluster.Core.Tests.Admission;

/// <summary>
/// A call to admission without a continuation: whether it was decided is seen the moment it was, not when some thread has got to run.
/// </summary>
internal sealed class PendingCall
{
    private ValueTask<AdmissionResult> _task;
    private AdmissionResult? _result;

    public PendingCall(ValueTask<AdmissionResult> task) => _task = task;

    public bool Waits => _result is null && !_task.IsCompleted;

    /// <summary>The outcome, which must be there. Read from the source once, however often asked for.</summary>
    public AdmissionResult Result
    {
        get
        {
            Assert.False(Waits);
            return _result ??= _task.GetAwaiter().GetResult();
        }
    }
}
