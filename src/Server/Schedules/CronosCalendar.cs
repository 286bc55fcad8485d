using Cronos;
using InterCluster.Core.Schedules;

namespace InterCluster.Server.Schedules;

/// <summary>
/// Cron by Cronos, which knows about daylight saving: a fixed time that a change leaves out fires at the first moment after it, one that a change repeats
/// fires the first time only, and what fires at an interval goes on by the elapsed time.
/// </summary>
internal sealed class CronosCalendar(TimeProvider time) : ICronCalendar
{
    private const int MaxLength = 200;
    private const string CronError = "cron: must be five fields (minute, hour, day, month, weekday), or six with the second before them.";

    public string? WhyNot(string cron, string timeZone)
    {
        ArgumentNullException.ThrowIfNull(cron);
        ArgumentNullException.ThrowIfNull(timeZone);
        if (Zone(timeZone) is null)
        {
            return "time_zone: must be the IANA name of a time zone, such as Europe/Berlin or UTC.";
        }

        if (Parse(cron) is null)
        {
            return CronError;
        }

        return Next(cron, timeZone, time.GetUtcNow()) is null ? "cron: never fires." : null;
    }

    public DateTimeOffset? Next(string cron, string timeZone, DateTimeOffset after) =>
        Parse(cron) is { } expression && Zone(timeZone) is { } zone ? expression.GetNextOccurrence(after, zone)?.ToUniversalTime() : null;

    public IEnumerable<DateTimeOffset> Between(string cron, string timeZone, DateTimeOffset after, DateTimeOffset until)
    {
        if (after >= until)
        {
            return [];
        }

        CronExpression expression = Parse(cron) ?? throw new FormatException($"'{cron}' is not a calendar.");
        TimeZoneInfo zone = Zone(timeZone) ?? throw new TimeZoneNotFoundException($"This machine does not know the time zone '{timeZone}'.");
        return expression.GetOccurrences(after, until, zone, fromInclusive: false, toInclusive: true).Select(t => t.ToUniversalTime());
    }

    private static CronExpression? Parse(string cron)
    {
        if (cron.Length > MaxLength || cron.Contains('@', StringComparison.Ordinal))
        {
            return null;
        }

        CronFormat? format = cron.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries).Length switch
        {
            5 => CronFormat.Standard,
            6 => CronFormat.IncludeSeconds,
            _ => null,
        };
        return format is { } f && CronExpression.TryParse(cron, f, out CronExpression? expression) ? expression : null;
    }

    // A name is looked up among files: nothing but a name may get there.
    private static TimeZoneInfo? Zone(string name) =>
        name.Length is > 0 and <= 64 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '_' or '-' or '+')
        && TimeZoneInfo.TryFindSystemTimeZoneById(name, out TimeZoneInfo? zone) && zone.HasIanaId ? zone : null;
}
