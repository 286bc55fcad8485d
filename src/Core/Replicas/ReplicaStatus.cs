namespace InterCluster.Core.Replicas;

/// <summary>Where a replica is in its life.</summary>
public enum ReplicaState
{
    /// <summary>Started; not ready yet.</summary>
    Starting,

    /// <summary>Ready for calls.</summary>
    Ready,

    /// <summary>Was ready; its readiness probe fails now. Gets no new calls.</summary>
    NotReady,

    /// <summary>Gets no new calls; ends when the ones in flight have.</summary>
    Draining,

    /// <summary>Ended by itself; may be started again after a back-off.</summary>
    Crashed,

    /// <summary>Ended as asked.</summary>
    Stopped,
}

/// <summary>What is shown of a replica.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Revision">The revision's number.</param>
/// <param name="State">Where it is in its life.</param>
/// <param name="Address">Where it listens; null before it does.</param>
/// <param name="ProcessId">The operating system's id; null for a static one.</param>
/// <param name="StartedAt">When it was started.</param>
/// <param name="ReadyAt">When it was first ready.</param>
/// <param name="Detail">Why it is in this state, for people: exit code, probe error.</param>
public sealed record ReplicaStatus(
    ReplicaId Id, int Revision, ReplicaState State, string? Address, int? ProcessId,
    DateTimeOffset StartedAt, DateTimeOffset? ReadyAt, string? Detail);

/// <summary>What is shown of an app's replicas.</summary>
/// <param name="Desired">How many the scaler wants.</param>
/// <param name="CrashLoop">True when starts were given up after repeated crashes; a new deploy clears it.</param>
/// <param name="Replicas">Live ones and the last few that ended.</param>
public sealed record AppReplicas(int Desired, bool CrashLoop, IReadOnlyList<ReplicaStatus> Replicas);

/// <summary>A line that a replica wrote.</summary>
/// <param name="Time">When it was read.</param>
/// <param name="Replica">Who wrote it.</param>
/// <param name="Stream"><c>stdout</c>, <c>stderr</c>, or <c>event</c> for what we say about the replica.</param>
/// <param name="Text">The line, at most 16 KiB.</param>
public sealed record LogLine(DateTimeOffset Time, ReplicaId Replica, string Stream, string Text);
