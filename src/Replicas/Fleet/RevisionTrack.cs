using InterCluster.Core.Apps;
using InterCluster.Replicas.Providers;

namespace InterCluster.Replicas.Fleet;

/// <summary>A revision that has or may get replicas, with what is known of how it runs.</summary>
internal sealed class RevisionTrack(Revision revision, IReplicaProvider provider, ReplicasOptions options)
{
    public Revision Revision { get; private set; } = revision;

    public int Number => Revision.Number;

    public IReplicaProvider Provider => provider;

    public bool IsFixed => provider.FixedCount(Revision.Config.Runtime) is not null;

    public CrashGuard Guard { get; } = new(options.CrashLoopLimit, options.BackoffFirst, options.BackoffMax, options.StableAfter);

    /// <summary>How it takes the traffic over.</summary>
    public RollOut RollOut { get; } = new(revision.Config.Scaling.RollOutDuration);

    /// <summary>Why its last replica crashed.</summary>
    public string? LastCrash { get; set; }

    /// <summary>True once it has been said that its starts were given up.</summary>
    public bool SaidLooping { get; set; }

    /// <summary>The count within what the revision allows.</summary>
    public int Allowed(int desired) =>
        provider.FixedCount(Revision.Config.Runtime)
        ?? Math.Clamp(desired, 0, Math.Max(Revision.Config.Scaling.MinReplicas, Revision.Config.Scaling.MaxReplicas));

    /// <summary>True when the next revision leaves the same replicas elsewhere in force: nothing has to be exchanged.</summary>
    public bool KeepsReplicas(Revision next)
    {
        RuntimeConfig mine = Revision.Config.Runtime;
        RuntimeConfig theirs = next.Config.Runtime;
        return IsFixed
            && mine.Addresses.SequenceEqual(theirs.Addresses)
            && mine.Protocol == theirs.Protocol
            && mine.ReadycheckEndpoint == theirs.ReadycheckEndpoint
            && Revision.Config.Scaling.ReplicaConcurrency == next.Config.Scaling.ReplicaConcurrency;
    }

    public void Continue(Revision next) => Revision = next;
}
