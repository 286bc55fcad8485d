using System.ComponentModel.DataAnnotations;

namespace InterCluster.Api.Homes;

/// <summary>How several gateways share the apps of a store (<c>InterCluster:Homes</c>). The same for all of them but for <see cref="Address"/>.</summary>
public sealed class HomesOptions
{
    /// <summary>The section of the settings.</summary>
    public const string Section = "InterCluster:Homes";

    /// <summary>
    /// Where the other gateways reach this one's data plane: <c>http://10.0.0.5:8080</c>. Default: the first address of <c>InterCluster:Gateway:Listen</c>, with an address of
    /// this machine in place of <c>*</c>.
    /// </summary>
    public string Address { get; set; } = "";

    /// <summary>How long a gateway that is not heard of keeps its apps. Default 10 s: what a crash of a gateway costs its apps, at most.</summary>
    [Range(typeof(TimeSpan), "00:00:02", "00:05:00", ErrorMessage = Section + ":Lease must be from {1} to {2}.")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How often a gateway is heard of. Default 2 s; a fifth of <see cref="Lease"/> at most.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00", ErrorMessage = Section + ":RenewEvery must be from {1} to {2}.")]
    public TimeSpan RenewEvery { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long the slots of replicas that run elsewhere rest after their gateway was lost, for calls of its that may still be inside (docs/decisions/0011). Default 5 s. At
    /// least as long as the longest call: the limit holds whatever happens.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "12:00:00", ErrorMessage = Section + ":Rest must be from {1} to {2}.")]
    public TimeSpan Rest { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a call waits for its app to have a home, when that has just gone. Default 30 s. Over it: 503.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00", ErrorMessage = Section + ":Patience must be from {1} to {2}.")]
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a view of all gateways waits for each of the others. Default 1 s. Over it: the view goes without, and names them.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:00:30", ErrorMessage = Section + ":AnswerWithin must be from {1} to {2}.")]
    public TimeSpan AnswerWithin { get; set; } = TimeSpan.FromSeconds(1);
}
