namespace InterCluster.Core.Gateways;

/// <summary>The times of a gateway's lease. All gateways of a store have the same.</summary>
/// <param name="Lease">How long a renewal counts, by the database's clock.</param>
/// <param name="RenewEvery">How often it is renewed: a fifth of the lease at most.</param>
/// <param name="Rest">How long the slots of a replica that runs elsewhere rest when its home was lost without handing over.</param>
public sealed record LeaseTerms(TimeSpan Lease, TimeSpan RenewEvery, TimeSpan Rest)
{
    /// <summary>So much earlier than the database does a gateway take its own lease for over: clocks that run apart, and the way from a grant to the replica.</summary>
    public TimeSpan Margin => Lease / 5;

    /// <summary>
    /// When no gateway has renewed for so long, the database was away: everybody then has a whole lease to come back before anybody is taken for gone.
    /// Longer than a late renewal, and short enough that a gateway can be sure of it before its own lease is over.
    /// </summary>
    public TimeSpan Gap => Lease * 0.45;

    /// <summary>How soon a renewal that failed is tried again.</summary>
    public TimeSpan RetryEvery => RenewEvery / 4;
}
