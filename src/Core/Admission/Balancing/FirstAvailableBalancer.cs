namespace InterCluster.Core.Admission.Balancing;

/// <summary>The first replica with a free slot: few replicas stay warm, the last ones fall idle.</summary>
internal sealed class FirstAvailableBalancer : OrderedBalancer
{
    public override ReplicaSlots? Pick() => At(Free.NextAt(0));
}
