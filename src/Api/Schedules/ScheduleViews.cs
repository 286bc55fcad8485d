using System.Text;
using System.Text.Unicode;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Core.Schedules;
using InterCluster.Core.Wire;

namespace InterCluster.Api.Schedules;

/// <summary>Shows schedules. The call has the fields that it can be put with, so that what is read can be sent again.</summary>
internal static class ScheduleViews
{
    // Written by us, and by every put anew.
    private static readonly string[] Ours =
        ["Host", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Prefix", WireHeaders.Project, WireHeaders.Caller, WireHeaders.ParentRequestId];

    public static ScheduleView Of(Schedule schedule, ICronCalendar calendar, DateTimeOffset now) => new()
    {
        Name = schedule.Name,
        Cron = schedule.Cron,
        TimeZone = schedule.TimeZone,
        App = schedule.Function.App.App,
        Function = schedule.Function.Function,
        Call = Call(schedule),
        Misfire = schedule.Misfire,
        MisfireLimit = schedule.MisfireLimit,
        Overlap = schedule.Overlap,
        Paused = schedule.Paused,
        CreatedAt = schedule.CreatedAt,
        UpdatedAt = schedule.UpdatedAt,
        UpdatedBy = schedule.UpdatedBy,
        NextFireTime = schedule.Paused ? null : calendar.Next(schedule.Cron, schedule.TimeZone, now > schedule.FiredUntil ? now : schedule.FiredUntil),
    };

    private static ScheduleCallView Call(Schedule schedule)
    {
        RunRequest request = schedule.Request;
        string function = schedule.Function.Function == FunctionId.Root ? "/" : "/" + schedule.Function.Function;
        string rest = request.PathAndQuery[function.Length..];
        int query = rest.IndexOf('?', StringComparison.Ordinal);
        bool isText = Utf8.IsValid(request.Body.Span);
        ILookup<string, string> headers = request.Headers.Where(h => !Ours.Contains(h.Name, StringComparer.OrdinalIgnoreCase))
            .ToLookup(h => h.Name, h => h.Value, StringComparer.OrdinalIgnoreCase);
        return new ScheduleCallView
        {
            Method = request.Method,
            Path = NullIfEmpty(query < 0 ? rest : rest[..query]),
            Query = query < 0 ? null : NullIfEmpty(rest[(query + 1)..]),
            Headers = headers.Count == 0 ? null : headers.ToDictionary(h => h.Key, IReadOnlyList<string> (h) => [.. h]),
            BodyText = isText && request.Body.Length > 0 ? Encoding.UTF8.GetString(request.Body.Span) : null,
            BodyBase64 = isText ? null : Convert.ToBase64String(request.Body.Span),
            Priority = schedule.Priority,
            MaxAttempts = schedule.MaxAttempts,
        };
    }

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
