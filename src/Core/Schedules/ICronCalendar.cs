namespace InterCluster.Core.Schedules;

/// <summary>Reads calendars: when a cron expression fires in a time zone.</summary>
public interface ICronCalendar
{
    /// <summary>What is wrong with a calendar, in words; null when it can be used. One that never fires cannot.</summary>
    string? WhyNot(string cron, string timeZone);

    /// <summary>The first fire time after a moment; null when there is none.</summary>
    DateTimeOffset? Next(string cron, string timeZone, DateTimeOffset after);

    /// <summary>The fire times after one moment and up to another, oldest first. Read lazily: there may be very many.</summary>
    IEnumerable<DateTimeOffset> Between(string cron, string timeZone, DateTimeOffset after, DateTimeOffset until);
}
