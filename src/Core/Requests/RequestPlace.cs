using InterCluster.Core.Naming;

namespace InterCluster.Core.Requests;

/// <summary>Where a call stands in the log: by the time it came, and by its run where two came together. The same in every gateway, so that the logs of several make one list.</summary>
/// <param name="Time">When the call came.</param>
/// <param name="Run">The run.</param>
public readonly record struct RequestPlace(DateTimeOffset Time, RunId Run) : IComparable<RequestPlace>
{
    /// <summary>A newer one is greater.</summary>
    public int CompareTo(RequestPlace other) => Time.CompareTo(other.Time) is var byTime and not 0 ? byTime : Run.Value.CompareTo(other.Run.Value);

    /// <summary>True when the left one is older.</summary>
    public static bool operator <(RequestPlace left, RequestPlace right) => left.CompareTo(right) < 0;

    /// <summary>True when the left one is newer.</summary>
    public static bool operator >(RequestPlace left, RequestPlace right) => left.CompareTo(right) > 0;

    /// <summary>True when the left one is not newer.</summary>
    public static bool operator <=(RequestPlace left, RequestPlace right) => left.CompareTo(right) <= 0;

    /// <summary>True when the left one is not older.</summary>
    public static bool operator >=(RequestPlace left, RequestPlace right) => left.CompareTo(right) >= 0;
}
