namespace InterCluster.Core.Admission;

/// <summary>Waiters to be used again. All members run under the app's lock.</summary>
internal sealed class WaiterPool(AppAdmission admission)
{
    private const int Kept = 1024;

    private Waiter? _first;
    private int _count;

    public Waiter Rent()
    {
        if (_first is not { } waiter)
        {
            return new Waiter(admission);
        }

        _first = waiter.Next;
        _count--;
        return waiter;
    }

    public void Return(Waiter waiter)
    {
        if (_count < Kept)
        {
            waiter.Next = _first;
            _first = waiter;
            _count++;
        }
    }
}
