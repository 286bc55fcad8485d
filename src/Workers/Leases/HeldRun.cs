using InterCluster.Core.Runs;

namespace InterCluster.Workers.Leases;

/// <summary>Why a call was aborted.</summary>
internal enum AbortReason
{
    /// <summary>It was not.</summary>
    None,

    /// <summary>A caller cancelled the run.</summary>
    Cancelled,

    /// <summary>The lease was lost, or could not be renewed in time: another worker may have the run.</summary>
    LeaseLost,

    /// <summary>The worker stops and its grace is over.</summary>
    Stopping,
}

/// <summary>A run that this worker holds the lease of.</summary>
internal sealed class HeldRun(ClaimedRun run, long renewedAt) : IDisposable
{
    private readonly CancellationTokenSource _abort = new();
    private int _reason;

    public ClaimedRun Run { get; } = run;

    /// <summary>The lease counts from this timestamp: taken before the store was asked, so it never ends later here than there.</summary>
    public long RenewedAt { get; set; } = renewedAt;

    /// <summary>Aborts the call.</summary>
    public CancellationToken Aborted => _abort.Token;

    /// <summary>Why; the first reason stays.</summary>
    public AbortReason Reason => (AbortReason)Volatile.Read(ref _reason);

    /// <summary>Aborts the call on the thread pool: whoever notices must not run the call's continuations.</summary>
    public void Abort(AbortReason reason)
    {
        if (Interlocked.CompareExchange(ref _reason, (int)reason, (int)AbortReason.None) == (int)AbortReason.None)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static h => h.CancelSafely(), this, preferLocal: false);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _abort.Dispose();

    // The call may have ended, and this have been disposed, before the pool came to it.
    private void CancelSafely()
    {
        try
        {
            _abort.Cancel();
        }
        catch (ObjectDisposedException)
        {
        }
    }
}
