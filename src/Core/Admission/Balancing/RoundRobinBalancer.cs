namespace InterCluster.Core.Admission.Balancing;

/// <summary>One replica after the other, without the full ones.</summary>
internal sealed class RoundRobinBalancer : OrderedBalancer
{
    private int _next;

    public override ReplicaSlots? Pick()
    {
        int index = Free.NextAt(_next);
        if (index < 0)
        {
            index = Free.NextAt(0);
        }

        _next = index + 1;
        return At(index);
    }
}
