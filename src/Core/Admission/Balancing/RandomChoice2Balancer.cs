namespace InterCluster.Core.Admission.Balancing;

/// <summary>Two different random replicas out of those with a free slot; the one with fewer calls in flight.</summary>
internal sealed class RandomChoice2Balancer(Random random) : Balancer
{
    // The replicas with a free slot, in no order; each knows its position, so that it leaves by a swap with the last.
    private ReplicaSlots[] _free = [];
    private int _count;

    public override ReplicaSlots? Pick()
    {
        if (_count <= 1)
        {
            return _count == 0 ? null : _free[0];
        }

        int first = random.Next(_count);
        int second = random.Next(_count - 1);
        second += second >= first ? 1 : 0;
        return _free[second].InFlight < _free[first].InFlight ? _free[second] : _free[first];
    }

    public override void Update(ReplicaSlots replica)
    {
        if (replica.HasRoom == replica.Position >= 0)
        {
            return;
        }

        if (replica.HasRoom)
        {
            Put(replica, _count++);
            return;
        }

        Put(_free[--_count], replica.Position);
        replica.Position = -1;
    }

    protected override void Clear(IReadOnlyList<ReplicaSlots> replicas) => (_free, _count) = (new ReplicaSlots[replicas.Count], 0);

    private void Put(ReplicaSlots replica, int position)
    {
        _free[position] = replica;
        replica.Position = position;
    }
}
