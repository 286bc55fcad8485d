using System.ComponentModel.DataAnnotations;

namespace InterCluster.Replicas;

/// <summary>How replicas are run, probed and stopped: <c>InterCluster:Replicas</c>.</summary>
public sealed class ReplicasOptions
{
    /// <summary>The key that these are bound to.</summary>
    public const string Section = "InterCluster:Replicas";

    /// <summary>Where process records, output and the apps' home folders are kept; used by one server at a time. Default <c>data/replicas</c>.</summary>
    [Required]
    public string DataFolder { get; set; } = "data/replicas";

    /// <summary>The gateway's base URL, given to apps as <c>INTERCLUSTER_URL</c>. Default <c>http://127.0.0.1:8080</c>.</summary>
    [Required, Url]
    public string GatewayUrl { get; set; } = "http://127.0.0.1:8080";

    /// <summary>The PATH of replicas. Default: the usual system folders and the folder of the dotnet that was found.</summary>
    public string? Path { get; set; }

    /// <summary>The first port that a replica may be given. Default 20000: below the range that the system takes outgoing ports from.</summary>
    [Range(1024, 65535)]
    public int FirstPort { get; set; } = 20000;

    /// <summary>The last port that a replica may be given. Default 31999.</summary>
    [Range(1024, 65535)]
    public int LastPort { get; set; } = 31999;

    /// <summary>The first wait between two probes of a starting replica; each next one is 1.25 times longer. Default 20 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:10")]
    public TimeSpan StartingProbePeriod { get; set; } = TimeSpan.FromMilliseconds(20);

    /// <summary>The longest wait between two probes of a starting replica. Default 250 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan StartingProbePeriodMax { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The wait between two rounds of probes of a ready replica. Default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:10:00")]
    public TimeSpan ProbePeriod { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long one probe may take. Default 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan ProbeTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>So many health probes in a row must fail before the replica is restarted. Default 3.</summary>
    [Range(1, 100)]
    public int HealthFailures { get; set; } = 3;

    /// <summary>From SIGTERM to SIGKILL. Default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "12:00:00")]
    public TimeSpan StopGrace { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The wait after the first crash; doubled by each next one. Default 0.5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:10:00")]
    public TimeSpan BackoffFirst { get; set; } = TimeSpan.FromSeconds(0.5);

    /// <summary>The longest wait after a crash. Default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "01:00:00")]
    public TimeSpan BackoffMax { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>So many crashes in a row, with no replica that stayed up, stop the starts. Default 5.</summary>
    [Range(1, 100)]
    public int CrashLoopLimit { get; set; } = 5;

    /// <summary>A replica that was ready for so long has stayed up: crashes before it are forgotten. Default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "01:00:00")]
    public TimeSpan StableAfter { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Replicas started per second, all apps together, shared fairly between projects. Default 20, which is also the burst.</summary>
    [Range(1, 10000)]
    public int StartsPerSecond { get; set; } = 20;

    /// <summary>A replica that survived a kill of the server is stopped when its app has not been loaded by then. Default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan AdoptionGrace { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The life of the token in <c>INTERCLUSTER_TOKEN</c>. Default (and at most) 24 h.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "1.00:00:00")]
    public TimeSpan TokenLifetime { get; set; } = TimeSpan.FromHours(24);

    /// <summary>The life of the token in <c>INTERCLUSTER_TOKEN_FILE</c>, which is rewritten when half of it is over. Default 1 h.</summary>
    [Range(typeof(TimeSpan), "00:00:10", "1.00:00:00")]
    public TimeSpan FileTokenLifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Output kept of each replica. Default 1 MiB.</summary>
    [Range(4096, 1 << 30)]
    public int LogBytes { get; set; } = 1 << 20;

    /// <summary>Replicas that ended, with their output, kept for each app. Default 5.</summary>
    [Range(0, 1000)]
    public int EndedReplicas { get; set; } = 5;

    /// <summary>How often the output of replicas is read. Default 100 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00.005", "00:00:10")]
    public TimeSpan LogPeriod { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// A delegated cgroup v2 folder in which each replica gets a group of its own for its limits. Default: the parent of the server's own group
    /// when it is writable. Empty: no groups.
    /// </summary>
    public string? CgroupParent { get; set; }

    /// <summary>The most processes and threads of a replica, where cgroups are in force. Default 4096.</summary>
    [Range(16, 1 << 22)]
    public int MaxTasks { get; set; } = 4096;
}
