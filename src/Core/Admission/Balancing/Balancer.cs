using InterCluster.Core.Apps;

namespace InterCluster.Core.Admission.Balancing;

/// <summary>
/// Chooses the replica that gets the next call, among those with a free slot. Keeps its own index of them, told of every change, so that
/// a choice never looks at full replicas. All members run under the app's lock.
/// </summary>
internal abstract class Balancer
{
    /// <summary>The balancer of an algorithm.</summary>
    /// <param name="algorithm">One of <see cref="LoadBalancingAlgorithms"/>.</param>
    /// <param name="random">For the algorithms that draw.</param>
    public static Balancer For(string algorithm, Random random) => algorithm switch
    {
        LoadBalancingAlgorithms.RoundRobin => new RoundRobinBalancer(),
        LoadBalancingAlgorithms.FirstAvailable => new FirstAvailableBalancer(),
        LoadBalancingAlgorithms.MinConnections => new MinConnectionsBalancer(),
        LoadBalancingAlgorithms.RandomChoice2 => new RandomChoice2Balancer(random),
        _ => throw new ArgumentException(
            $"Unknown load balancing algorithm '{algorithm}': use one of {string.Join(", ", LoadBalancingAlgorithms.All)}.", nameof(algorithm)),
    };

    /// <summary>Starts anew with these replicas, in the order in which they were added.</summary>
    public void Reset(IReadOnlyList<ReplicaSlots> replicas)
    {
        Clear(replicas);
        for (int i = 0; i < replicas.Count; i++)
        {
            replicas[i].Order = i;
            replicas[i].Position = -1;
            Update(replicas[i]);
        }
    }

    /// <summary>The replica for the next call, or null when all are full. The caller takes a slot of it, then calls <see cref="Update"/>.</summary>
    public abstract ReplicaSlots? Pick();

    /// <summary>The replica's load changed, or whether it accepts calls.</summary>
    public abstract void Update(ReplicaSlots replica);

    /// <summary>Forgets all replicas; these come next.</summary>
    protected abstract void Clear(IReadOnlyList<ReplicaSlots> replicas);
}
