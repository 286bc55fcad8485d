namespace InterCluster.Core.Schedules;

/// <summary>
/// Which of the fire times that have come are fired: a pure function. One that is no older than <see cref="Grace"/> is on time; the older ones were missed and
/// the schedule's policy says what becomes of them.
/// </summary>
public static class MisfireDecision
{
    /// <summary>How late a fire time may be settled and still be on time.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMinutes(1);

    /// <summary>Decides.</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="due">Its fire times after <see cref="Schedule.FiredUntil"/> and up to now, oldest first.</param>
    /// <param name="now">The time.</param>
    public static IReadOnlyList<DateTimeOffset> ToFire(Schedule schedule, IEnumerable<DateTimeOffset> due, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        ArgumentNullException.ThrowIfNull(due);
        int keep = schedule.Misfire switch
        {
            MisfirePolicy.Skip => 0,
            MisfirePolicy.One => 1,
            _ => schedule.MisfireLimit,
        };
        var missed = new Queue<DateTimeOffset>();
        var onTime = new List<DateTimeOffset>();
        foreach (DateTimeOffset time in due)
        {
            if (now - time <= Grace)
            {
                onTime.Add(time);
                continue;
            }

            missed.Enqueue(time);
            if (missed.Count > keep)
            {
                missed.Dequeue();
            }
        }

        // Made up for by the one that is due anyway.
        return schedule.Misfire == MisfirePolicy.One && onTime.Count > 0 ? onTime : [.. missed, .. onTime];
    }
}
