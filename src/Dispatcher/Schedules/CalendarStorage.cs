using Hangfire;

namespace InterCluster.Dispatcher.Schedules;

/// <summary>Where the calendar keeps its ticks.</summary>
/// <param name="open">Opens it; fails while its database is away.</param>
public sealed class CalendarStorage(Func<JobStorage> open)
{
    /// <summary>Opens it.</summary>
    public JobStorage Open() => open();
}
