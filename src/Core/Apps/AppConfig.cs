namespace InterCluster.Core.Apps;

/// <summary>What an app's file says, read and validated: immutable.</summary>
public sealed record AppConfig
{
    /// <summary>The app's name.</summary>
    public required string Name { get; init; }

    /// <summary>True opens the app to every caller, without a token. Default false.</summary>
    public bool DisableAuth { get; init; }

    /// <summary>How a replica is run and probed.</summary>
    public required RuntimeConfig Runtime { get; init; }

    /// <summary>What a replica may use of the machine.</summary>
    public HardwareConfig Hardware { get; init; } = new();

    /// <summary>How many replicas there are and how calls reach them.</summary>
    public ScalingConfig Scaling { get; init; } = new();

    /// <summary>How async runs are tried, and for how long.</summary>
    public RunPolicies Runs { get; init; } = new();
}

/// <summary>The protocol that the gateway speaks to a replica.</summary>
public enum ReplicaProtocol
{
    /// <summary>HTTP/1.1.</summary>
    Http1,

    /// <summary>HTTP/2; without TLS by prior knowledge (h2c). What gRPC needs.</summary>
    Http2,
}

/// <summary>How a replica is run and probed (<c>[*.runtime.custom]</c>).</summary>
public sealed record RuntimeConfig
{
    /// <summary>The command, argv by argv; never given to a shell. Empty when <see cref="Addresses"/> is set.</summary>
    public IReadOnlyList<string> Entrypoint { get; init; } = [];

    /// <summary>
    /// The port that the app's file names. The process provider gives each replica a free port of its own in <c>PORT</c>, and
    /// uses this one only for an entrypoint that does not read <c>PORT</c> (see <c>PORT</c> in docs/apps.md).
    /// </summary>
    public int Port { get; init; }

    /// <summary>The folder that the entrypoint runs in, absolute. Null for a static app.</summary>
    public string? Folder { get; init; }

    /// <summary>Path of the health probe; empty: TCP. A replica that fails it is restarted.</summary>
    public string HealthcheckEndpoint { get; init; } = "";

    /// <summary>Path of the readiness probe; empty: TCP. A replica that fails it gets no new calls.</summary>
    public string ReadycheckEndpoint { get; init; } = "";

    /// <summary>What the gateway speaks to the replica. Default HTTP/1.1.</summary>
    public ReplicaProtocol Protocol { get; init; } = ReplicaProtocol.Http1;

    /// <summary>
    /// What happens in a replica when the caller of a sync call goes away before its answer began. False, the default: it works the call to its end, and its slot is held so
    /// long. True: it is told at once (the connection closes, the stream is reset), which saves work that nobody waits for, and the concurrency limit is then as hard
    /// as the handler is quick to stop.
    /// </summary>
    public bool StopsAbandonedCalls { get; init; }

    /// <summary>The app's own environment variables.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Addresses of replicas that run elsewhere (<c>http://host:port</c>): the static provider.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];
}

/// <summary>What a replica may use (<c>[*.hardware]</c>).</summary>
public sealed record HardwareConfig
{
    /// <summary>Cores; null: no limit.</summary>
    public double? Cpu { get; init; }

    /// <summary>Memory in gigabytes (10^9 bytes); null: no limit.</summary>
    public double? MemoryGb { get; init; }

    /// <summary>GPUs asked for; 0 without. Only decides the default concurrency here.</summary>
    public int GpuCount { get; init; }
}
