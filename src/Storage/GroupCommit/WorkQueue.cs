namespace InterCluster.Storage.GroupCommit;

/// <summary>What a piece of work takes of a queue, and of the group that it is committed in.</summary>
/// <param name="Operations">Changes in it.</param>
/// <param name="Bytes">Bytes that it holds in memory.</param>
/// <param name="IsNew">True for new work (submissions), which is refused first.</param>
internal readonly record struct WorkCost(int Operations, long Bytes = 0, bool IsNew = false)
{
    public static readonly WorkCost One = new(1);
}

internal interface IWork
{
    WorkCost Cost { get; }
}

/// <summary>
/// The bounded queue between callers, who never wait, and the threads that do the work and take as much as is there. New work may fill it up to its
/// limits, all other work up to twice of them.
/// </summary>
internal sealed class WorkQueue<T>(long operationsLimit, long bytesLimit)
    where T : class, IWork
{
    private readonly object _gate = new(); // Guards all below; a Monitor, because its takers wait on it.
    private readonly Queue<T> _items = new();
    private long _operations;
    private long _bytes;
    private int _takers;
    private bool _closed;

    /// <summary>Changes that wait.</summary>
    public long Operations => Volatile.Read(ref _operations);

    /// <summary>False when the queue is full or closed. An empty queue takes work of any size.</summary>
    public bool TryAdd(T item)
    {
        WorkCost cost = item.Cost;
        int share = cost.IsNew ? 1 : 2;
        lock (_gate)
        {
            bool fits = _operations + cost.Operations <= operationsLimit * share && _bytes + cost.Bytes <= bytesLimit * share;
            if (_closed || !(fits || _items.Count == 0))
            {
                return false;
            }

            _items.Enqueue(item);
            _operations += cost.Operations;
            _bytes += cost.Bytes;
            if (_takers > 0)
            {
                Monitor.Pulse(_gate);
            }

            return true;
        }
    }

    /// <summary>
    /// Waits for work and moves what is there into <paramref name="group"/>, up to the limits but at least one piece. False when the queue is
    /// closed and empty.
    /// </summary>
    public bool Take(List<T> group, long maxOperations, long maxBytes)
    {
        lock (_gate)
        {
            while (_items.Count == 0)
            {
                if (_closed)
                {
                    return false;
                }

                _takers++;
                Monitor.Wait(_gate);
                _takers--;
            }

            long operations = 0;
            long bytes = 0;
            do
            {
                T item = _items.Dequeue();
                group.Add(item);
                operations += item.Cost.Operations;
                bytes += item.Cost.Bytes;
            }
            while (_items.Count > 0 && operations < maxOperations && bytes < maxBytes);

            _operations -= operations;
            _bytes -= bytes;
            return true;
        }
    }

    /// <summary>Takes no more work; what is queued is still handed out.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.PulseAll(_gate);
        }
    }
}
