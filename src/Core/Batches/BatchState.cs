namespace InterCluster.Core.Batches;

/// <summary>How far the upload of a batch has come. What its runs do is told by their counts.</summary>
public enum BatchState : byte
{
    /// <summary>Lines still come.</summary>
    Receiving = 0,

    /// <summary>Every line was read.</summary>
    Complete = 1,

    /// <summary>The upload broke off. What was committed stays and runs; an upload with the same key goes on where it ended.</summary>
    Interrupted = 2,

    /// <summary>A caller cancelled it: no further line is taken.</summary>
    Cancelled = 3,
}
