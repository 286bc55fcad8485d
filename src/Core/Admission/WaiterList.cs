namespace InterCluster.Core.Admission;

/// <summary>Waiters in the order in which they came; any of them leaves in constant time. A waiter is in one list at most.</summary>
internal struct WaiterList
{
    private Waiter? _last;

    public Waiter? First { get; private set; }

    public int Count { get; private set; }

    public void Append(Waiter waiter)
    {
        waiter.Previous = _last;
        waiter.Next = null;
        if (_last is null)
        {
            First = waiter;
        }
        else
        {
            _last.Next = waiter;
        }

        _last = waiter;
        Count++;
    }

    public void Remove(Waiter waiter)
    {
        if (waiter.Previous is null)
        {
            First = waiter.Next;
        }
        else
        {
            waiter.Previous.Next = waiter.Next;
        }

        if (waiter.Next is null)
        {
            _last = waiter.Previous;
        }
        else
        {
            waiter.Next.Previous = waiter.Previous;
        }

        waiter.Previous = waiter.Next = null;
        Count--;
    }

    /// <summary>Completes them all, in order. Outside the lock.</summary>
    public readonly void CompleteAll()
    {
        for (Waiter? waiter = First; waiter is not null;)
        {
            Waiter? next = waiter.Next; // Before it completes: then it may be used again.
            waiter.Complete();
            waiter = next;
        }
    }
}
