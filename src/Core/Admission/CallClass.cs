namespace InterCluster.Core.Admission;

/// <summary>Which class of the queue a call waits in.</summary>
public enum CallClass : byte
{
    /// <summary>Somebody waits for the answer: before batch.</summary>
    Sync,

    /// <summary>A worker carries out a run: after sync, with a reserved share.</summary>
    Batch,
}

/// <summary>Why a call got no slot.</summary>
public enum Refusal : byte
{
    /// <summary>It got one.</summary>
    None,

    /// <summary>The queue holds its limit of calls of this class, or of their bytes.</summary>
    QueueFull,

    /// <summary>It waited longer than <c>queue_timeout</c> while replicas were ready.</summary>
    QueueTimeout,

    /// <summary>It waited longer than <c>cold_start_timeout</c> while none was ready.</summary>
    ColdStartTimeout,

    /// <summary>No replica can be had: the app crash-loops, or has none and may have none.</summary>
    NoReplica,

    /// <summary>The app or the server is going away.</summary>
    Draining,

    /// <summary>The caller went away.</summary>
    Cancelled,

    /// <summary>The app's home is another gateway: the call is passed on to it.</summary>
    Moved,
}

/// <summary>What a call brings to the queue.</summary>
/// <param name="Class">Its class.</param>
/// <param name="Bytes">Request bytes that the gateway holds for it while it waits.</param>
public readonly record struct CallRequest(CallClass Class, long Bytes);

/// <summary>The answer of admission: a slot, or why not.</summary>
/// <param name="Slot">The slot; default when refused.</param>
/// <param name="Refusal"><see cref="Refusal.None"/> with a slot.</param>
/// <param name="Waited">How long the call waited in the queue.</param>
/// <param name="ColdStart">True when no replica was ready as the call came.</param>
public readonly record struct AdmissionResult(Slot Slot, Refusal Refusal, TimeSpan Waited, bool ColdStart)
{
    /// <summary>True with a slot.</summary>
    public bool Granted => Refusal == Refusal.None;
}
