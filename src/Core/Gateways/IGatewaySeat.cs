namespace InterCluster.Core.Gateways;

/// <summary>
/// The right to be the gateway of a store. One process has it at a time, so that the slots of an app are given out in one place; others stand by. A store
/// of one process needs none.
/// </summary>
public interface IGatewaySeat
{
    /// <summary>Cancelled when the seat is another's: this process must give out no slot any more.</summary>
    CancellationToken Lost { get; }

    /// <summary>Waits until the seat is this process's.</summary>
    Task TakeAsync(CancellationToken ct);
}
