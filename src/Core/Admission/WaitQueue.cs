namespace InterCluster.Core.Admission;

/// <summary>
/// The app's one queue: FIFO within a class, sync before batch, but batch gets its share of the grants while both wait. Each class has the bounds to itself: a
/// flood of the one never has the other refused. All members run under the app's lock.
/// </summary>
internal sealed class WaitQueue
{
    // The share in millionths and not as a fraction: ten times 0.1 is less than 1 in binary, and the tenth grant would be the eleventh.
    private const int Whole = 1_000_000;

    private WaiterList _sync; // Mutable structs: never readonly.
    private WaiterList _batch;
    private int _batchShare;
    private int _batchCredit;
    private int _maxLength;
    private long _maxBytes;
    private long _syncBytes;
    private long _batchBytes;

    public int Sync => _sync.Count;

    public int Batch => _batch.Count;

    public int Count => _sync.Count + _batch.Count;

    /// <summary>Bytes that those waiting hold.</summary>
    public long Bytes => _syncBytes + _batchBytes;

    /// <summary>The one that waits longest; null when none waits.</summary>
    public Waiter? Oldest =>
        _sync.First is { } sync && (_batch.First is not { } batch || sync.Since <= batch.Since) ? sync : _batch.First;

    /// <summary>New limits: those that wait already stay, however many they are.</summary>
    public void Configure(AdmissionPolicy policy)
    {
        _batchShare = (int)Math.Ceiling(Math.Clamp(policy.BatchShare, 0, 1) * Whole);
        _maxLength = policy.QueueMaxLength;
        _maxBytes = policy.QueueMaxBytes;
    }

    /// <summary>True when one more call may wait: as many of its own class do as may.</summary>
    public bool Fits(in CallRequest call) =>
        (call.Class == CallClass.Sync ? Sync : Batch) < _maxLength && call.Bytes <= _maxBytes - BytesOf(call.Class);

    public void Enqueue(Waiter waiter)
    {
        ListOf(waiter).Append(waiter);
        BytesOf(waiter.Call.Class) += waiter.Call.Bytes;
        waiter.Queued = true;
    }

    public void Remove(Waiter waiter)
    {
        ListOf(waiter).Remove(waiter);
        BytesOf(waiter.Call.Class) -= waiter.Call.Bytes;
        waiter.Queued = false;
    }

    /// <summary>Takes out the one that gets the next slot. Not when empty.</summary>
    public Waiter Dequeue()
    {
        Waiter next = IsBatchNext() ? _batch.First! : _sync.First!;
        Remove(next);
        return next;
    }

    private bool IsBatchNext()
    {
        if (_sync.Count == 0 || _batch.Count == 0)
        {
            return _sync.Count == 0;
        }

        _batchCredit += _batchShare;
        if (_batchCredit < Whole)
        {
            return false;
        }

        _batchCredit -= Whole;
        return true;
    }

    private ref WaiterList ListOf(Waiter waiter)
    {
        if (waiter.Call.Class == CallClass.Sync)
        {
            return ref _sync;
        }

        return ref _batch;
    }

    private ref long BytesOf(CallClass callClass)
    {
        if (callClass == CallClass.Sync)
        {
            return ref _syncBytes;
        }

        return ref _batchBytes;
    }
}
