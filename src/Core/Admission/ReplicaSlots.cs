using InterCluster.Core.Replicas;

namespace InterCluster.Core.Admission;

/// <summary>
/// The slots of one replica. Each held slot is an entry that remembers the ticket of its holder, so that a slot is given back by its
/// holder only, and once. What is in flight is the number of held entries, not a counter that could drift. All members but
/// <see cref="Release"/> run under the app's lock.
/// </summary>
internal sealed class ReplicaSlots : ISlotOwner
{
    /// <summary>The most slots that a replica may have: the bits of a ticket that name the entry.</summary>
    public const int MaxConcurrency = 1 << IndexBits;

    private const int IndexBits = 20;
    private const int StartEntries = 256;

    private readonly AppAdmission _admission;
    private long[] _tickets; // By entry: the holder's ticket; 0 when free.
    private int[] _free;     // Entries that were used and are free, the last one first.
    private int _freeCount;
    private int _used;       // Entries ever used: the arrays grow with need, up to the concurrency.

    public ReplicaSlots(AppAdmission admission, Replica replica)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(replica.Concurrency, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(replica.Concurrency, MaxConcurrency);
        _admission = admission;
        Replica = replica;
        _tickets = new long[Math.Min(replica.Concurrency, StartEntries)];
        _free = new int[_tickets.Length];
    }

    public Replica Replica { get; }

    /// <summary>Slots held.</summary>
    public int InFlight => _used - _freeCount;

    /// <summary>True while it may be given calls.</summary>
    public bool Accepting => !Suspended && Drained is null && !Gone;

    /// <summary>Slots of it that calls hold which came in through another home, or through this one before it left.</summary>
    public int Elsewhere { get; set; }

    /// <summary>True when it may be given a call now.</summary>
    public bool HasRoom => InFlight + Elsewhere < Replica.Concurrency && Accepting;

    /// <summary>Its readiness failed.</summary>
    public bool Suspended { get; set; }

    /// <summary>Set when it is to get no calls any more; completes as its last one ends.</summary>
    public TaskCompletionSource? Drained { get; set; }

    /// <summary>It left the app; what is still held comes back to nobody.</summary>
    public bool Gone { get; set; }

    /// <summary>The sequence number of its last grant.</summary>
    public long LastTaken { get; private set; }

    /// <summary>Its place among the app's replicas. Written by the balancer.</summary>
    public int Order { get; set; }

    /// <summary>Its place in the balancer's index; -1 when not there. Written by the balancer.</summary>
    public int Position { get; set; } = -1;

    /// <summary>Takes a slot. Only with <see cref="HasRoom"/>.</summary>
    /// <param name="sequence">Unique in the app and above zero: makes the ticket one that was never given before.</param>
    public Slot Take(long sequence)
    {
        int entry = _freeCount > 0 ? _free[--_freeCount] : NewEntry();
        long ticket = (sequence << IndexBits) | (uint)entry;
        _tickets[entry] = ticket;
        LastTaken = sequence;
        return new Slot(this, ticket);
    }

    /// <summary>Gives a slot back; false when this ticket does not hold one.</summary>
    public bool TryFree(long ticket)
    {
        int entry = (int)(ticket & (MaxConcurrency - 1));
        if (entry >= _used || _tickets[entry] != ticket)
        {
            return false;
        }

        _tickets[entry] = 0;
        _free[_freeCount++] = entry;
        return true;
    }

    public bool Release(long ticket) => _admission.Release(this, ticket);

    private int NewEntry()
    {
        if (_used == _tickets.Length)
        {
            int length = Math.Min(Replica.Concurrency, _tickets.Length * 2);
            Array.Resize(ref _tickets, length);
            Array.Resize(ref _free, length);
        }

        return _used++;
    }
}
