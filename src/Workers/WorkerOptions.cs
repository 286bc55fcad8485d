using System.ComponentModel.DataAnnotations;

namespace InterCluster.Workers;

/// <summary>How a worker carries out runs (<c>InterCluster:Workers</c>).</summary>
internal sealed class WorkerOptions
{
    /// <summary>This worker's name in claims. Default: the process's own, unique.</summary>
    [StringLength(200, ErrorMessage = "InterCluster:Workers:Name may have {1} characters.")]
    public string Name { get; set; } = $"w-{Guid.CreateVersion7():N}";

    /// <summary>Runs of one function that are claimed at once at most. Default 128. The app's own slots are a lower limit where they are fewer.</summary>
    [Range(1, 10_000, ErrorMessage = "InterCluster:Workers:MaxConcurrency must be from {1} to {2}.")]
    public int MaxConcurrency { get; set; } = 128;

    /// <summary>Runs that one claim or settlement carries at most. Default 256.</summary>
    [Range(1, 10_000, ErrorMessage = "InterCluster:Workers:BulkSize must be from {1} to {2}.")]
    public int BulkSize { get; set; } = 256;

    /// <summary>The lease of a claimed run. Default 30 s. A run whose worker is lost is taken back after it.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00", ErrorMessage = "InterCluster:Workers:Lease must be from {1} to {2}.")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How often leases are renewed. Default 10 s; at most a third of the lease is wise.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00", ErrorMessage = "InterCluster:Workers:RenewEvery must be from {1} to {2}.")]
    public TimeSpan RenewEvery { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long before the end of a lease that could not be renewed its call is aborted. Default 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00", ErrorMessage = "InterCluster:Workers:LeaseMargin must be from {1} to {2}.")]
    public TimeSpan LeaseMargin { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a function without work keeps its queue connected. Default 2 min. More than the dispatcher's <c>ActivateEvery</c>.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00", ErrorMessage = "InterCluster:Workers:IdleAfter must be from {1} to {2}.")]
    public TimeSpan IdleAfter { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>How often a worker looks into the store for functions with queued runs and over its queues. Default 5 s: what a bus that is down delays runs by.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00", ErrorMessage = "InterCluster:Workers:LookEvery must be from {1} to {2}.")]
    public TimeSpan LookEvery { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long running calls may go on after a stop was asked for. Default 25 s. Then they are aborted and given back.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "12:00:00", ErrorMessage = "InterCluster:Workers:StopGrace must be from {1} to {2}.")]
    public TimeSpan StopGrace { get; set; } = TimeSpan.FromSeconds(25);
}
