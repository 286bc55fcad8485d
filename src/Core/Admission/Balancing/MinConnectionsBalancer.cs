namespace InterCluster.Core.Admission.Balancing;

/// <summary>
/// The replica with the fewest calls in flight; among equals the one that was chosen longest ago, so that light load is spread too.
/// A binary heap of the replicas with a free slot, each knowing its position.
/// </summary>
internal sealed class MinConnectionsBalancer : Balancer
{
    private ReplicaSlots[] _heap = [];
    private int _count;

    public override ReplicaSlots? Pick() => _count == 0 ? null : _heap[0];

    public override void Update(ReplicaSlots replica)
    {
        int position = replica.Position;
        if (replica.HasRoom)
        {
            Settle(replica, position >= 0 ? position : _count++);
        }
        else if (position >= 0)
        {
            replica.Position = -1;
            ReplicaSlots last = _heap[--_count];
            if (last != replica)
            {
                Settle(last, position);
            }
        }
    }

    protected override void Clear(IReadOnlyList<ReplicaSlots> replicas) => (_heap, _count) = (new ReplicaSlots[replicas.Count], 0);

    private static bool Before(ReplicaSlots a, ReplicaSlots b) =>
        a.InFlight != b.InFlight ? a.InFlight < b.InFlight : a.LastTaken < b.LastTaken;

    /// <summary>Puts a replica into the hole at this position, or as far up or down from it as its load asks for.</summary>
    private void Settle(ReplicaSlots replica, int hole)
    {
        while (hole > 0 && Before(replica, _heap[(hole - 1) / 2]))
        {
            Put(_heap[(hole - 1) / 2], hole);
            hole = (hole - 1) / 2;
        }

        for (int child = LighterChild(hole); child < _count && Before(_heap[child], replica); child = LighterChild(hole))
        {
            Put(_heap[child], hole);
            hole = child;
        }

        Put(replica, hole);
    }

    private int LighterChild(int parent)
    {
        int left = (2 * parent) + 1;
        return left + 1 < _count && Before(_heap[left + 1], _heap[left]) ? left + 1 : left;
    }

    private void Put(ReplicaSlots replica, int position)
    {
        _heap[position] = replica;
        replica.Position = position;
    }
}
