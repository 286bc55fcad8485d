using System.ComponentModel.DataAnnotations;

namespace InterCluster.Api.Runs;

/// <summary>Limits of async runs (<c>InterCluster:Runs</c>).</summary>
internal sealed class RunOptions
{
    /// <summary>The largest body of an async call, in bytes. Default 1 MB. A larger one is refused with 413.</summary>
    [Range(0, 64 << 20, ErrorMessage = "InterCluster:Runs:MaxAsyncBodyBytes must be from {1} to {2}.")]
    public int MaxAsyncBodyBytes { get; set; } = 1_000_000;

    /// <summary>The largest answer of a function that is kept, in bytes. Default 10 MB. A larger one fails the run (<c>result_too_large</c>).</summary>
    [Range(0, 256 << 20, ErrorMessage = "InterCluster:Runs:MaxResultBytes must be from {1} to {2}.")]
    public int MaxResultBytes { get; set; } = 10_000_000;

    /// <summary>How far ahead a run may be delayed. Default 30 days.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "366.00:00:00", ErrorMessage = "InterCluster:Runs:MaxDelay must be from {1} to {2}.")]
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromDays(30);

    /// <summary>The largest upload of a batch, in bytes. Default 4 GB. A larger one ends there with 413; what was stored before stays.</summary>
    [Range(0, long.MaxValue, ErrorMessage = "InterCluster:Runs:MaxBatchBytes must be from {1} to {2}.")]
    public long MaxBatchBytes { get; set; } = 4_000_000_000;

    /// <summary>Lines of a batch at most. Default 5 million. As <see cref="MaxBatchBytes"/>.</summary>
    [Range(1, long.MaxValue, ErrorMessage = "InterCluster:Runs:MaxBatchLines must be from {1} to {2}.")]
    public long MaxBatchLines { get; set; } = 5_000_000;

    /// <summary>How long an upload of a batch may send nothing. Default 60 s. Then it is interrupted (408).</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00", ErrorMessage = "InterCluster:Runs:BatchIdleTimeout must be from {1} to {2}.")]
    public TimeSpan BatchIdleTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Announcements that may wait for the bus, in runs. Default 65 536. One more is dropped, counted, and found by the sweep.</summary>
    [Range(256, 1 << 24, ErrorMessage = "InterCluster:Runs:MaxPendingAnnouncements must be from {1} to {2}.")]
    public int MaxPendingAnnouncements { get; set; } = 65_536;

    /// <summary>How long one announcement may take on the bus before it is dropped. Default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00", ErrorMessage = "InterCluster:Runs:AnnounceTimeout must be from {1} to {2}.")]
    public TimeSpan AnnounceTimeout { get; set; } = TimeSpan.FromSeconds(5);
}
