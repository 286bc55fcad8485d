namespace InterCluster.Core.Replicas;

/// <summary>What the gateway learns of a replica by calling it.</summary>
public interface IReplicaFaults
{
    /// <summary>
    /// A connection to the replica was refused. It gets no new calls until a probe, made at once, says that it is well. Never blocks.
    /// </summary>
    void Unreachable(Replica replica);
}
