using InterCluster.Core.Replicas;

namespace InterCluster.Core.Wire;

#pragma warning disable CS1591 // Field by field in docs/wire-contract.md and in the OpenAPI document.

/// <summary>An app, as <c>GET apps/{app}</c> shows it. Durations are in seconds.</summary>
public sealed record AppView
{
    public required string Project { get; init; }
    public required string App { get; init; }
    public required int Revision { get; init; }
    public required DateTimeOffset DeployedAt { get; init; }
    public required string DeployedBy { get; init; }
    public required bool DisableAuth { get; init; }
    public required string Url { get; init; }
    public required IReadOnlyList<string> Entrypoint { get; init; }
    public required IReadOnlyList<string> Addresses { get; init; }
    public required ScalingView Scaling { get; init; }

    /// <summary>What the app does now; absent when its home did not answer in time.</summary>
    public AppLiveView? Live { get; init; }

    /// <summary>The gateway that has the app's replicas, slots and queue, as other gateways reach it; absent in a store of one process, and while the app is between two.</summary>
    public string? Home { get; init; }

    /// <summary>Known keys of the file that mean nothing here; only in the answer to a deploy.</summary>
    public IReadOnlyList<string>? NotApplicable { get; init; }
}

/// <summary>The limits in force, with their defaults filled in.</summary>
public sealed record ScalingView(
    int MinReplicas, int MaxReplicas, int ReplicaConcurrency, double ResponseGracePeriod, double Cooldown, string LoadBalancingAlgorithm,
    double QueueTimeout, double ColdStartTimeout, int QueueMaxLength, long QueueMaxBytes, double BatchShare);

/// <summary>What an app does now.</summary>
public sealed record AppLiveView(
    int InFlight, int WaitingSync, int WaitingBatch, int ReadyReplicas, int DesiredReplicas, int Capacity, long QueuedRuns, bool CrashLoop);

/// <summary>The answer to a delete; not <see cref="Drained"/> while calls in flight go on to their end.</summary>
public sealed record AppDeletedView(string Project, string App, bool Drained);

/// <summary>Apps; <see cref="Unanswered"/> are the gateways that did not answer in time, absent when all did.</summary>
public sealed record AppListView(IReadOnlyList<AppView> Apps, IReadOnlyList<string>? Unanswered = null);

public sealed record RevisionView(int Revision, DateTimeOffset DeployedAt, string DeployedBy, bool Current);

public sealed record RevisionListView(IReadOnlyList<RevisionView> Revisions);

public sealed record RollbackRequest(int Revision);

public sealed record ReplicaView(
    string Id, int Revision, ReplicaState State, string? Address, int? Pid, DateTimeOffset StartedAt, DateTimeOffset? ReadyAt, int InFlight, string? Detail);

/// <summary>An app's replicas; <see cref="Home"/> as in <see cref="AppView"/>.</summary>
public sealed record ReplicaListView(int Desired, bool CrashLoop, IReadOnlyList<ReplicaView> Replicas, string? Home = null);

/// <summary>A line of an app's log; the log endpoint sends one JSON object per line (NDJSON).</summary>
public sealed record LogLineView(DateTimeOffset Time, string Replica, string Stream, string Text);

public sealed record FunctionView(string Function, long Scheduled, long Queued, long Running);

public sealed record FunctionListView(IReadOnlyList<FunctionView> Functions);

/// <summary>One decision of the scaler, with its inputs and its reason. The queued runs are absent when they were not known, what was measured too.</summary>
public sealed record ScalingDecisionView(DateTimeOffset Time, int Before, int Desired, string Reason, int InFlight, int Waiting, long? QueuedRuns, double? Measured = null);

public sealed record ScalingHistoryView(IReadOnlyList<ScalingDecisionView> Decisions);

/// <summary>To issue a key.</summary>
public sealed record IssueKeyRequest
{
    public required string Name { get; init; }

    /// <summary>Days until it ends: 90 by default, 1 to 400.</summary>
    public int? LifetimeDays { get; init; }

    /// <summary>Of <c>invoke</c>, <c>read</c>, <c>runs</c>, <c>admin</c>; default the first three.</summary>
    public IReadOnlyList<string>? Scopes { get; init; }
}

/// <summary>To rotate a key.</summary>
public sealed record RotateKeyRequest
{
    /// <summary>Days until the new key ends: by default as many as the old one had.</summary>
    public int? LifetimeDays { get; init; }
}

/// <summary>A key; <see cref="Token"/> only in the answer that issues it.</summary>
public sealed record KeyView
{
    public required string Id { get; init; }
    public required string Project { get; init; }
    public required string Name { get; init; }
    public required IReadOnlyList<string> Scopes { get; init; }
    public required DateTimeOffset IssuedAt { get; init; }
    public required DateTimeOffset ExpiresAt { get; init; }
    public DateTimeOffset? RevokedAt { get; init; }
    public required string State { get; init; }
    public string? Token { get; init; }
}

public sealed record KeyListView(IReadOnlyList<KeyView> Keys);

/// <summary>A finished call, as the request log keeps it. Durations are in milliseconds.</summary>
public sealed record RequestView(
    string RunId, DateTimeOffset Time, string Project, string App, string Function, string Method, int Status, string? Code,
    string? Caller, string? Replica, double QueueMs, double TotalMs, long RequestBytes, long ResponseBytes, bool ColdStart, string? ParentRequestId);

/// <summary>Calls of all gateways, newest first; <see cref="Unanswered"/> are the gateways that did not answer in time, absent when all did.</summary>
public sealed record RequestListView(IReadOnlyList<RequestView> Requests, long Dropped, string? NextCursor = null, IReadOnlyList<string>? Unanswered = null);

public sealed record ProjectListView(IReadOnlyList<string> Projects);

/// <summary>Whether the process lives, or takes new work; and if not, why.</summary>
public sealed record HealthView(string Status, IReadOnlyList<string>? Reasons = null);
