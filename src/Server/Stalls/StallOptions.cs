using System.ComponentModel.DataAnnotations;

namespace InterCluster.Server.Stalls;

/// <summary>Settings of the stall detector (<c>InterCluster:Stalls</c>).</summary>
internal sealed class StallOptions
{
    public const string Section = "InterCluster:Stalls";

    /// <summary>How often each I/O thread is asked to answer. Default 100 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00.005", "00:01:00", ErrorMessage = "InterCluster:Stalls:Period must be from {1} to {2}.")]
    public TimeSpan Period { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>A longer silence is a stall: counted, and logged. Default 250 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00", ErrorMessage = "InterCluster:Stalls:Threshold must be from {1} to {2}.")]
    public TimeSpan Threshold { get; set; } = TimeSpan.FromMilliseconds(250);
}
