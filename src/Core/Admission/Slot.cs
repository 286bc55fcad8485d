using InterCluster.Core.Replicas;

namespace InterCluster.Core.Admission;

/// <summary>
/// A slot of a replica, held from the start of a call to the end of its response. Give it back with <see cref="Release"/>;
/// a second release does nothing.
/// </summary>
public readonly struct Slot : IEquatable<Slot>
{
    private readonly ISlotOwner? _owner;
    private readonly long _ticket;

    internal Slot(ISlotOwner owner, long ticket)
    {
        _owner = owner;
        _ticket = ticket;
    }

    /// <summary>The replica. Only for a slot that was granted.</summary>
    public Replica Replica => _owner!.Replica;

    /// <summary>Gives the slot back: it goes to the head of the app's queue at once. True the first time.</summary>
    public bool Release() => _owner is not null && _owner.Release(_ticket);

    /// <inheritdoc/>
    public bool Equals(Slot other) => ReferenceEquals(_owner, other._owner) && _ticket == other._ticket;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Slot other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_owner, _ticket);

    /// <summary>Same slot.</summary>
    public static bool operator ==(Slot left, Slot right) => left.Equals(right);

    /// <summary>Another slot.</summary>
    public static bool operator !=(Slot left, Slot right) => !left.Equals(right);
}

internal interface ISlotOwner
{
    Replica Replica { get; }

    bool Release(long ticket);
}
