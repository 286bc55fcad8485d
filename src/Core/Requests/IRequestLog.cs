using InterCluster.Core.Naming;

namespace InterCluster.Core.Requests;

/// <summary>
/// The log of finished calls, for people: bounded, in memory or behind it, never in the way of a call. What does not fit is dropped and counted.
/// Holds no bodies, no headers and no query strings.
/// </summary>
public interface IRequestLog
{
    /// <summary>Records a finished call. Never blocks and never fails.</summary>
    void Record(in RequestRecord record);

    /// <summary>The call of this id; false when it is not (or no longer) kept.</summary>
    bool TryFind(RunId id, out RequestRecord record);

    /// <summary>The kept calls of a project that match, newest first (<see cref="RequestPlace"/>).</summary>
    IReadOnlyList<RequestRecord> Recent(string project, in RequestFilter filter, int limit);

    /// <summary>How many calls were not recorded because there was no room at that moment.</summary>
    long Dropped { get; }
}

/// <summary>Which calls to show; null: any.</summary>
/// <param name="App">The app.</param>
/// <param name="Function">The function.</param>
/// <param name="Status">Exactly this status.</param>
/// <param name="MinStatus">This status or a higher one: 500 shows what failed.</param>
/// <param name="From">Began at or after.</param>
/// <param name="To">Began before.</param>
/// <param name="After">Stands behind this one: the last of the page before.</param>
public readonly record struct RequestFilter(
    string? App = null, string? Function = null, int? Status = null, int? MinStatus = null, DateTimeOffset? From = null, DateTimeOffset? To = null,
    RequestPlace? After = null)
{
    /// <summary>True when a record matches.</summary>
    public bool Matches(in RequestRecord record) =>
        (App is null || string.Equals(App, record.Function.App.App, StringComparison.Ordinal))
        && (Function is null || string.Equals(Function, record.Function.Function, StringComparison.Ordinal))
        && (Status is null || record.Status == Status)
        && (MinStatus is null || record.Status >= MinStatus)
        && (From is null || record.Time >= From)
        && (To is null || record.Time < To)
        && (After is not { } last || record.Place < last);
}
