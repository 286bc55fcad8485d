using System.ComponentModel.DataAnnotations;
using InterCluster.Core.Runs;

namespace InterCluster.Storage.Retention;

/// <summary>
/// How long runs that have ended are kept, counted from their end (<c>InterCluster:Storage:Retention</c>). An app's file can say less for its own runs, not more.
/// </summary>
public sealed class RetentionOptions
{
    /// <summary>The section of the settings.</summary>
    public const string Section = "InterCluster:Storage:Retention";

    private const string Least = "00:01:00";
    private const string Most = "3650.00:00:00";
    private const string Range = " must be between " + Least + " and " + Most + ".";

    /// <summary>Succeeded runs. Default 7 days.</summary>
    [Range(typeof(TimeSpan), Least, Most, ErrorMessage = Section + ":Succeeded" + Range)]
    public TimeSpan Succeeded { get; set; } = TimeSpan.FromDays(7);

    /// <summary>Failed runs, which can be replayed. Default 30 days.</summary>
    [Range(typeof(TimeSpan), Least, Most, ErrorMessage = Section + ":Failed" + Range)]
    public TimeSpan Failed { get; set; } = TimeSpan.FromDays(30);

    /// <summary>Cancelled runs. Default 7 days.</summary>
    [Range(typeof(TimeSpan), Least, Most, ErrorMessage = Section + ":Cancelled" + Range)]
    public TimeSpan Cancelled { get; set; } = TimeSpan.FromDays(7);

    /// <summary>Dead runs, which can be replayed. Default 30 days.</summary>
    [Range(typeof(TimeSpan), Least, Most, ErrorMessage = Section + ":Dead" + Range)]
    public TimeSpan Dead { get; set; } = TimeSpan.FromDays(30);

    /// <summary>What functions answered. Default: as long as the run.</summary>
    [Range(typeof(TimeSpan), Least, Most, ErrorMessage = Section + ":Results" + Range)]
    public TimeSpan? Results { get; set; }

    /// <summary>Runs that one commit removes: few enough that nobody notices. Default 500.</summary>
    [Range(1, 10_000, ErrorMessage = Section + ":Batch must be between 1 and 10000.")]
    public int Batch { get; set; } = 500;

    /// <summary>The same as a policy: the most that an app can have.</summary>
    internal RunRetention ToPolicy() => new() { Succeeded = Succeeded, Failed = Failed, Cancelled = Cancelled, Dead = Dead, Results = Results };
}
