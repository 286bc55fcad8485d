using InterCluster.Core.Apps;
using InterCluster.Core.Replicas;

namespace InterCluster.Replicas.Providers;

/// <summary>Where replicas come from. The fleet decides how many and when; a provider only starts, finds again and stops them.</summary>
internal interface IReplicaProvider
{
    /// <summary>True for a runtime that this provider runs.</summary>
    bool Runs(RuntimeConfig runtime);

    /// <summary>The replicas that are simply there, in number, whatever the demand; null when the fleet decides.</summary>
    int? FixedCount(RuntimeConfig runtime);

    /// <summary>Starts a replica. May block on files and process start: called on the thread pool.</summary>
    Task<StartResult> StartAsync(ReplicaSpec spec, CancellationToken ct);

    /// <summary>The replicas of an earlier life of the server that still run. Whatever else is left of them is cleaned up.</summary>
    Task<IReadOnlyList<RecoveredReplica>> RecoverAsync(CancellationToken ct);

    /// <summary>The app was deleted and its last replica is gone: removes what was kept for it.</summary>
    void Forget(Core.Naming.AppId app);
}

/// <summary>What to start.</summary>
/// <param name="Id">The replica's id.</param>
/// <param name="Revision">Its revision.</param>
/// <param name="Ordinal">The lowest number, from 0, that no other live replica of the revision has.</param>
internal sealed record ReplicaSpec(ReplicaId Id, Revision Revision, int Ordinal);

/// <summary>A replica that was started, or why not.</summary>
internal readonly record struct StartResult(IReplicaHandle? Handle, string? Failure)
{
    public static implicit operator StartResult(string failure) => new(null, failure);

    public static StartResult Started(IReplicaHandle handle) => new(handle, null);
}

/// <summary>A replica that was found again.</summary>
internal sealed record RecoveredReplica(ReplicaId Id, Core.Naming.AppId App, int Revision, DateTimeOffset StartedAt, IReplicaHandle Handle);
