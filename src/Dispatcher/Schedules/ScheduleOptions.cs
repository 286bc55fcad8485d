using System.ComponentModel.DataAnnotations;

namespace InterCluster.Dispatcher.Schedules;

/// <summary>How schedules are looked after (<c>InterCluster:Schedules</c>).</summary>
internal sealed class ScheduleOptions
{
    /// <summary>How long a schedule's fire times stay in its history. Default 90 days.</summary>
    [Range(typeof(TimeSpan), "01:00:00", "3650.00:00:00", ErrorMessage = "InterCluster:Schedules:KeepHistory must be from {1} to {2}.")]
    public TimeSpan KeepHistory { get; set; } = TimeSpan.FromDays(90);
}
