using InterCluster.Core.Admission.Balancing;
using InterCluster.Core.Replicas;

namespace InterCluster.Core.Admission;

/// <summary>The replicas of an app and the slots that they have. All members run under the app's lock.</summary>
internal sealed class ReplicaSet(Balancer balancer)
{
    private readonly List<ReplicaSlots> _replicas = [];
    private Balancer _balancer = balancer;
    private long _sequence;

    /// <summary>Replicas that may be given calls.</summary>
    public int Ready { get; private set; }

    /// <summary>Takes a slot of the replica that the algorithm picks.</summary>
    public bool TryTake(out Slot slot)
    {
        ReplicaSlots? replica = _balancer.Pick();
        if (replica is null)
        {
            slot = default;
            return false;
        }

        slot = replica.Take(++_sequence);
        _balancer.Update(replica);
        return true;
    }

    /// <summary>Notes that a slot of the replica was given back.</summary>
    public void Freed(ReplicaSlots replica)
    {
        if (replica.Accepting)
        {
            _balancer.Update(replica);
        }
        else if (replica is { Drained: not null, InFlight: 0, Gone: false })
        {
            Remove(replica);
        }
    }

    public ReplicaSlots? Find(ReplicaId id) => _replicas.Find(r => r.Replica.Id == id);

    public void Add(ReplicaSlots replica)
    {
        if (Find(replica.Replica.Id) is not null)
        {
            throw new ArgumentException($"Replica {replica.Replica.Id} is there already.", nameof(replica));
        }

        _replicas.Add(replica);
        Rebuild();
    }

    public void Remove(ReplicaSlots replica)
    {
        replica.Gone = true;
        _replicas.Remove(replica);
        Rebuild();
        replica.Drained?.TrySetResult();
    }

    public void Suspend(ReplicaSlots replica, bool suspended)
    {
        replica.Suspended = suspended;
        Rebuild();
    }

    /// <summary>Begins the end of a replica; the task completes when its last call has ended.</summary>
    public Task Drain(ReplicaSlots replica)
    {
        replica.Drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Rebuild();
        Freed(replica); // Goes at once when it is idle.
        return replica.Drained.Task;
    }

    public void Balance(Balancer balancer)
    {
        _balancer = balancer;
        Rebuild();
    }

    /// <summary>In flight, and the slots of those that may be given calls; counted from the entries.</summary>
    public (int InFlight, int Capacity) Count()
    {
        int inFlight = 0;
        int capacity = 0;
        foreach (ReplicaSlots replica in _replicas)
        {
            inFlight += replica.InFlight;
            capacity += replica.Accepting ? replica.Replica.Concurrency : 0;
        }

        return (inFlight, capacity);
    }

    public ReplicaLoad[] Loads() => [.. _replicas.Select(r => new ReplicaLoad(r.Replica, r.InFlight, r.Accepting))];

    private void Rebuild()
    {
        Ready = _replicas.Count(r => r.Accepting);
        _balancer.Reset(_replicas);
    }
}
