namespace InterCluster.Core;

/// <summary>
/// A store of ours cannot commit, or cannot read, now: the disk is full, its file is not writable, too much is queued, it is closing. Nothing is
/// known of the change: it may or may not be there. The store recovers by itself when the cause is gone.
/// </summary>
public class StoreUnavailableException(string message, Exception? inner) : Exception(message, inner);
