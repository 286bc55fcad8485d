using System.ComponentModel.DataAnnotations;

namespace InterCluster.Storage.Retention;

/// <summary>How long runs that have ended are kept, counted from their end (<c>InterCluster:Storage:Retention</c>).</summary>
public sealed class RetentionOptions
{
    /// <summary>The section of the settings.</summary>
    public const string Section = "InterCluster:Storage:Retention";

    /// <summary>Succeeded and cancelled runs. Default 7 days.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "3650.00:00:00", ErrorMessage = "InterCluster:Storage:Retention:Done must be between 00:01:00 and 3650.00:00:00.")]
    public TimeSpan Done { get; set; } = TimeSpan.FromDays(7);

    /// <summary>Failed and dead runs, which can be replayed. Default 30 days.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "3650.00:00:00", ErrorMessage = "InterCluster:Storage:Retention:Failed must be between 00:01:00 and 3650.00:00:00.")]
    public TimeSpan Failed { get; set; } = TimeSpan.FromDays(30);

    /// <summary>Runs that one commit removes: few enough that nobody notices. Default 500.</summary>
    [Range(1, 10_000, ErrorMessage = "InterCluster:Storage:Retention:Batch must be between 1 and 10000.")]
    public int Batch { get; set; } = 500;
}
