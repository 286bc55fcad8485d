namespace InterCluster.Core.Replicas;

/// <summary>What a replica has used of its machine.</summary>
/// <param name="Replica">The replica.</param>
/// <param name="Cpu">Processor time since its start, of all that it started.</param>
/// <param name="MemoryBytes">Memory that it holds now.</param>
public readonly record struct ReplicaUsage(ReplicaId Replica, TimeSpan Cpu, long MemoryBytes);
