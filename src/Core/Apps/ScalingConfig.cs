namespace InterCluster.Core.Apps;

/// <summary>The names of the load-balancing algorithms, as the app's file spells them.</summary>
public static class LoadBalancingAlgorithms
{
    /// <summary>Rotates over the replicas, skipping full ones.</summary>
    public const string RoundRobin = "round-robin";

    /// <summary>The first replica in the list with a free slot; keeps few replicas warm.</summary>
    public const string FirstAvailable = "first-available";

    /// <summary>The replica with the fewest calls in flight.</summary>
    public const string MinConnections = "min-connections";

    /// <summary>Two random replicas, the lighter one.</summary>
    public const string RandomChoice2 = "random-choice-2";

    /// <summary>All names.</summary>
    public static readonly IReadOnlyList<string> All = [RoundRobin, FirstAvailable, MinConnections, RandomChoice2];
}

/// <summary>The figures that can drive the number of replicas, as the app's file spells them.</summary>
public static class ScalingMetrics
{
    /// <summary>Calls in flight and waiting and ready runs, in percent of the slots.</summary>
    public const string ConcurrencyUtilization = "concurrency_utilization";

    /// <summary>Ready async runs per replica; calls in flight and waiting get the slots that they need beside it.</summary>
    public const string QueueDepth = "queue_depth";

    /// <summary>Calls that come in per second, per replica.</summary>
    public const string RequestsPerSecond = "requests_per_second";

    /// <summary>Processor time, in percent of what a replica is given, averaged over the replicas. Needs a replica at all times.</summary>
    public const string CpuUtilization = "cpu_utilization";

    /// <summary>Memory, in percent of what a replica is given, averaged over the replicas. Needs a replica at all times.</summary>
    public const string MemoryUtilization = "memory_utilization";

    /// <summary>All names.</summary>
    public static readonly IReadOnlyList<string> All = [ConcurrencyUtilization, RequestsPerSecond, CpuUtilization, MemoryUtilization, QueueDepth];

    /// <summary>True for what is measured over <see cref="ScalingConfig.EvaluationInterval"/>; the others are what is there now.</summary>
    public static bool IsMeasured(string metric) => metric == RequestsPerSecond || IsOfReplicas(metric);

    /// <summary>True for what only the processes of the replicas can tell.</summary>
    public static bool IsOfReplicas(string metric) => metric is CpuUtilization or MemoryUtilization;
}

/// <summary>How many replicas there are and how calls reach them (<c>[*.scaling]</c>). Defaults as in the reference product where it has them.</summary>
public sealed record ScalingConfig
{
    /// <summary>Never fewer replicas. Default 0.</summary>
    public int MinReplicas { get; init; }

    /// <summary>Never more replicas. Default 1.</summary>
    public int MaxReplicas { get; init; } = 1;

    /// <summary>Calls in flight in one replica, a hard limit. Default 100 (1 with a GPU).</summary>
    public int ReplicaConcurrency { get; init; } = 100;

    /// <summary>The longest a run may take from its slot to the end of the response. Default 900 s, at most 12 h.</summary>
    public TimeSpan ResponseGracePeriod { get; init; } = TimeSpan.FromSeconds(900);

    /// <summary>Reduced load must last this long before a scale-down. Default 10 s.</summary>
    public TimeSpan Cooldown { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>One of <see cref="ScalingMetrics"/>. Default <c>concurrency_utilization</c>.</summary>
    public string Metric { get; init; } = ScalingMetrics.ConcurrencyUtilization;

    /// <summary>The metric's target: percent for a utilization, calls per second or runs per replica for the others. Default 100.</summary>
    public double Target { get; init; } = 100;

    /// <summary>Replicas on top of what the concurrency or the calls per second ask for, while there is traffic. Default 0.</summary>
    public int Buffer { get; init; }

    /// <summary>The window that a measured metric is averaged over. Default 30 s, 6 to 300 s.</summary>
    public TimeSpan EvaluationInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>One of <see cref="LoadBalancingAlgorithms"/>; empty: <c>first-available</c> up to concurrency 3, else <c>round-robin</c>.</summary>
    public string LoadBalancingAlgorithm { get; init; } = "";

    /// <summary>A new revision gets its traffic in five steps over this time; 0 at once. At most 600 s.</summary>
    public TimeSpan RollOutDuration { get; init; }

    /// <summary>The longest a call waits for a slot while replicas are ready. Default 30 s. Ends in <c>queue_timeout</c>.</summary>
    public TimeSpan QueueTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest a call waits while no replica is ready. Default 120 s. Ends in <c>cold_start_timeout</c>.</summary>
    public TimeSpan ColdStartTimeout { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Sync calls that may wait, and as many batch calls. Default 1000. One more is refused with <c>queue_full</c>; a flood of the one class never has the other refused.</summary>
    public int QueueMaxLength { get; init; } = 1000;

    /// <summary>Request bytes that waiting sync calls may hold, and waiting batch calls as well. Default 64 MiB.</summary>
    public long QueueMaxBytes { get; init; } = 64L << 20;

    /// <summary>The share of grants that waiting batch calls get while sync calls wait too. Default 0.1; 0 to 1.</summary>
    public double BatchShare { get; init; } = 0.1;

    /// <summary>The algorithm in force: <see cref="LoadBalancingAlgorithm"/> or, when unset, the default for the concurrency.</summary>
    public string EffectiveLoadBalancing =>
        LoadBalancingAlgorithm.Length > 0 ? LoadBalancingAlgorithm
        : ReplicaConcurrency <= 3 ? LoadBalancingAlgorithms.FirstAvailable
        : LoadBalancingAlgorithms.RoundRobin;
}
