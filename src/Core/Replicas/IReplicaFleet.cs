using InterCluster.Core.Naming;

namespace InterCluster.Core.Replicas;

/// <summary>
/// Keeps each app at its desired number of replicas: starts, probes, restarts, drains and stops them, and puts the ready ones into the
/// app's admission. The autoscaler is the one writer of the desired count.
/// </summary>
public interface IReplicaFleet
{
    /// <summary>Sets how many replicas of the app's current revision there shall be; returns at once. Ignored for an app that is not deployed.</summary>
    void SetDesired(AppId app, int count);

    /// <summary>The app's replicas as they are now; null for an app that is not deployed.</summary>
    AppReplicas? Describe(AppId app);

    /// <summary>What the app's live replicas have used; empty for those that are no processes of this machine.</summary>
    IReadOnlyList<ReplicaUsage> Usage(AppId app) => [];

    /// <summary>
    /// The stored log lines of an app, oldest first, then (with <paramref name="follow"/>) new ones until cancelled.
    /// </summary>
    IAsyncEnumerable<LogLine> ReadLogsAsync(AppId app, int tail, bool follow, CancellationToken ct);

    /// <summary>Drains an app that was deleted: no new calls, in-flight ones finish (up to its grace period), processes end. Completes when all are gone.</summary>
    Task DrainAsync(AppId app, CancellationToken ct);
}
