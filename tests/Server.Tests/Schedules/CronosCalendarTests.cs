using System.Globalization;
using CsCheck;
using InterCluster.Server.Schedules;

namespace InterCluster.Server.Tests.Schedules;

/// <summary>RELIABILITY D14: what a calendar means, daylight saving, leap days and nonsense included.</summary>
public sealed class CronosCalendarTests
{
    private static readonly CronosCalendar Calendar = new(TimeProvider.System);

    [Theory]
    [InlineData("0 9 * * *", "UTC", "2026-03-01T08:59:59Z", "2026-03-01T09:00:00Z")]
    [InlineData("0 9 * * *", "UTC", "2026-03-01T09:00:00Z", "2026-03-02T09:00:00Z")]
    [InlineData("0 9 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T07:00:00Z")] // Summer time since that night.
    [InlineData("0 9 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T08:00:00Z")] // And winter time again.
    [InlineData("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z")] // There is no 2:30: the first moment after the gap.
    [InlineData("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z")] // There are two: the first.
    [InlineData("30 2 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z")] // And not the second.
    [InlineData("*/30 * * * *", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z")] // An interval goes on by elapsed time.
    [InlineData("*/30 * * * *", "Europe/Berlin", "2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z")]
    [InlineData("30 1 * * *", "America/New_York", "2026-10-31T12:00:00Z", "2026-11-01T05:30:00Z")]
    [InlineData("0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z")]
    [InlineData("0 12 * * 1", "Asia/Kolkata", "2026-05-01T00:00:00Z", "2026-05-04T06:30:00Z")]
    [InlineData("15 0 12 * * *", "Asia/Tokyo", "2026-05-01T00:00:00Z", "2026-05-01T03:00:15Z")]
    public void Next_is_the_moment_that_the_calendar_means(string cron, string zone, string after, string expected) =>
        Assert.Equal(At(expected), Calendar.Next(cron, zone, At(after)));

    [Theory]
    [InlineData("0 9 * *", "UTC", "cron: must")]
    [InlineData("@daily", "UTC", "cron: must")]
    [InlineData("60 * * * *", "UTC", "cron: must")]
    [InlineData("", "UTC", "cron: must")]
    [InlineData("0 0 30 2 *", "UTC", "cron: never")]
    [InlineData("0 9 * * *", "Mars/Olympus", "time_zone: must")]
    [InlineData("0 9 * * *", "../../etc/passwd", "time_zone: must")]
    [InlineData("0 9 * * *", "", "time_zone: must")]
    public void What_cannot_be_a_calendar_is_named(string cron, string zone, string error) =>
        Assert.StartsWith(error, Calendar.WhyNot(cron, zone), StringComparison.Ordinal);

    [Fact]
    public void Between_leaves_out_its_start_and_holds_its_end()
    {
        Assert.Equal(
            [At("2026-05-01T00:05:00Z"), At("2026-05-01T00:10:00Z")],
            Calendar.Between("*/5 * * * *", "UTC", At("2026-05-01T00:00:00Z"), At("2026-05-01T00:10:00Z")));
        Assert.Empty(Calendar.Between("* * * * *", "UTC", At("2026-05-01T00:10:00Z"), At("2026-05-01T00:00:00Z")));
    }

    // The oracle goes through every minute and looks at its fields.
    [Fact]
    public void Next_is_later_and_is_what_a_scan_of_all_minutes_finds() =>
        Gen.Select(Gen.Int[0, 59], Gen.Int[0, 23], Gen.Int[0, 6], Gen.Int[0, 60 * 24 * 700]).Sample((minute, hour, weekday, start) =>
        {
            DateTimeOffset after = At("2026-01-01T00:00:00Z").AddMinutes(start);
            DateTimeOffset expected = after.AddMinutes(1);
            while ((expected.Minute, expected.Hour, (int)expected.DayOfWeek) != (minute, hour, weekday))
            {
                expected = expected.AddMinutes(1);
            }

            DateTimeOffset next = Calendar.Next($"{minute} {hour} * * {weekday}", "UTC", after)!.Value;
            return next > after && next == expected;
        }, iter: 200);

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
