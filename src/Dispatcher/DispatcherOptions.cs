using System.ComponentModel.DataAnnotations;

namespace InterCluster.Dispatcher;

/// <summary>How the dispatcher looks after runs and replicas (<c>InterCluster:Dispatcher</c>).</summary>
internal sealed class DispatcherOptions
{
    /// <summary>The time between two passes of the sweep, ± 10 %. Default 1 s. A pass comes earlier when a scheduled run is due.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "00:01:00", ErrorMessage = "InterCluster:Dispatcher:SweepPeriod must be from {1} to {2}.")]
    public TimeSpan SweepPeriod { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Runs that one pass of the sweep moves at most, of each kind. Default 1000. A full pass is followed by another at once.</summary>
    [Range(1, 100_000, ErrorMessage = "InterCluster:Dispatcher:SweepLimit must be from {1} to {2}.")]
    public int SweepLimit { get; set; } = 1000;

    /// <summary>Workers that may die with a run before it is dead. Default 3.</summary>
    [Range(1, 100, ErrorMessage = "InterCluster:Dispatcher:MaxCrashes must be from {1} to {2}.")]
    public int MaxCrashes { get; set; } = Core.Runs.RetryPolicy.DefaultMaxCrashes;

    /// <summary>How long a function's runs may stay queued before its workers are told again. Default 3 s: with the sweep's period, a lost announcement costs at most 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00", ErrorMessage = "InterCluster:Dispatcher:AnnounceAgainAfter must be from {1} to {2}.")]
    public TimeSpan AnnounceAgainAfter { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>How often every worker is told of a function that has work. Default 30 s. Less than the workers' <c>IdleAfter</c>.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00", ErrorMessage = "InterCluster:Dispatcher:ActivateEvery must be from {1} to {2}.")]
    public TimeSpan ActivateEvery { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long one message may take on the bus. Default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00", ErrorMessage = "InterCluster:Dispatcher:SendTimeout must be from {1} to {2}.")]
    public TimeSpan SendTimeout { get; set; } = TimeSpan.FromSeconds(5);
}
