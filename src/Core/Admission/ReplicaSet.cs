using InterCluster.Core.Admission.Balancing;
using InterCluster.Core.Replicas;

namespace InterCluster.Core.Admission;

/// <summary>The replicas of an app and the slots that they have. All members run under the app's lock.</summary>
internal sealed class ReplicaSet(Func<Balancer> newBalancer)
{
    private readonly List<ReplicaSlots> _replicas = [];
    private Balancer _balancer = newBalancer();
    private IReadOnlyDictionary<string, int>? _heldBack;
    private long _sequence;

    // While a revision is rolled out: its replicas have a balancer of their own, and a share of the calls.
    private Balancer? _rolledOut;
    private int _revision;
    private double _share;
    private double _credit;

    /// <summary>Replicas that may be given calls.</summary>
    public int Ready { get; private set; }

    /// <summary>Takes a slot of the replica that the algorithm picks.</summary>
    public bool TryTake(out Slot slot)
    {
        ReplicaSlots? replica = _rolledOut is null ? _balancer.Pick() : PickBySide();
        if (replica is null)
        {
            slot = default;
            return false;
        }

        slot = replica.Take(++_sequence);
        BalancerOf(replica).Update(replica);
        return true;
    }

    /// <summary>Notes that a slot of the replica was given back.</summary>
    public void Freed(ReplicaSlots replica)
    {
        if (replica.Accepting)
        {
            BalancerOf(replica).Update(replica);
        }
        else if (replica is { Drained: not null, InFlight: 0, Gone: false })
        {
            Remove(replica);
        }
        else if (replica.Drained is not null && CountElsewhere(replica.Replica.Address))
        {
            Rebuild();
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
        CountElsewhere(replica.Replica.Address);
        Rebuild();
    }

    /// <summary>Slots at these addresses that calls hold which are not counted here; for replicas that come later, too.</summary>
    public void HoldBack(IReadOnlyDictionary<string, int> byAddress)
    {
        _heldBack = byAddress;
        foreach (string address in _replicas.Select(r => r.Replica.Address).Distinct().ToArray())
        {
            CountElsewhere(address);
        }

        Rebuild();
    }

    public void Remove(ReplicaSlots replica)
    {
        replica.Gone = true;
        _replicas.Remove(replica);
        CountElsewhere(replica.Replica.Address);
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
        CountElsewhere(replica.Replica.Address);
        Rebuild();
        Freed(replica); // Goes at once when it is idle.
        return replica.Drained.Task;
    }

    /// <summary>The algorithm has changed.</summary>
    public void Balance()
    {
        _balancer = newBalancer();
        _rolledOut = _rolledOut is null ? null : newBalancer();
        Rebuild();
    }

    /// <summary>See <see cref="IAdmission.Split"/>.</summary>
    public void Split(int? revision, double share)
    {
        _share = share;
        if (revision != (_rolledOut is null ? null : _revision))
        {
            (_rolledOut, _revision, _credit) = (revision is null ? null : newBalancer(), revision ?? 0, 0);
            Rebuild();
        }
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

    // A replica that runs elsewhere may be here twice: once on its way out, with the calls that it still has, and once as the app's own again. True: it is.
    private bool CountElsewhere(string address)
    {
        int elsewhere = _heldBack?.GetValueOrDefault(address) ?? 0;
        elsewhere += _replicas.Where(r => r.Drained is not null && r.Replica.Address == address).Sum(r => r.InFlight);
        bool found = false;
        foreach (ReplicaSlots replica in _replicas.Where(r => r.Drained is null && r.Replica.Address == address))
        {
            replica.Elsewhere = elsewhere;
            found = true;
        }

        return found;
    }

    private void Rebuild()
    {
        Ready = _replicas.Count(r => r.Accepting);
        if (_rolledOut is null)
        {
            _balancer.Reset(_replicas);
            return;
        }

        _balancer.Reset(_replicas.FindAll(r => r.Replica.Revision != _revision));
        _rolledOut.Reset(_replicas.FindAll(r => r.Replica.Revision == _revision));
    }

    private Balancer BalancerOf(ReplicaSlots replica) => _rolledOut is not null && replica.Replica.Revision == _revision ? _rolledOut : _balancer;

    // One in five is every fifth, not a draw: a step of the roll-out is what it says after a handful of calls. What the other side had to take is not owed.
    private ReplicaSlots? PickBySide()
    {
        bool isNew = _credit + _share >= 1 - 1e-9;
        ReplicaSlots? replica = isNew ? _rolledOut!.Pick() ?? _balancer.Pick() : _balancer.Pick() ?? _rolledOut!.Pick();
        if (replica is not null)
        {
            _credit += isNew ? _share - 1 : _share;
        }

        return replica;
    }
}
