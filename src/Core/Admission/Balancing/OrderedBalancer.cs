namespace InterCluster.Core.Admission.Balancing;

/// <summary>What the algorithms that follow the order of the replicas share.</summary>
internal abstract class OrderedBalancer : Balancer
{
    private IReadOnlyList<ReplicaSlots> _replicas = [];

    protected FreeSet Free { get; } = new();

    public override void Update(ReplicaSlots replica) => Free.Set(replica.Order, replica.HasRoom);

    protected override void Clear(IReadOnlyList<ReplicaSlots> replicas)
    {
        _replicas = replicas;
        Free.Reset(replicas.Count);
    }

    protected ReplicaSlots? At(int index) => index < 0 ? null : _replicas[index];
}
