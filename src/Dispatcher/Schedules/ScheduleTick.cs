using InterCluster.Core;
using InterCluster.Core.Apps;
using InterCluster.Core.Failures;
using InterCluster.Core.Naming;
using InterCluster.Core.Schedules;
using InterCluster.Dispatcher.Routing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace InterCluster.Dispatcher.Schedules;

/// <summary>
/// Settles the fire times that have come. All it knows is in the store, and the store takes each fire time once: so it may be run by several
/// dispatchers at once, be cut off anywhere, and come late.
/// </summary>
internal sealed partial class ScheduleTick(
    IScheduleStore store, ICronCalendar calendar, IAppCatalog catalog, RunRouter router, ScheduleMetrics metrics, TimeProvider time, IOptions<ScheduleOptions> options,
    ILogger<ScheduleTick> logger)
{
    // Schedules whose next waiting run is started by one tick, and fire times that are forgotten at once.
    private const int MaxWaiting = 1000;
    private const int PurgeSlice = 1000;

    private readonly TimeSpan _keepHistory = options.Value.KeepHistory;

    /// <summary>One tick; when the next fire time comes.</summary>
    public async Task<DateTimeOffset?> RunOnceAsync(CancellationToken ct)
    {
        metrics.Ticked();
        var started = new List<StartedRun>();
        DateTimeOffset? next = null;
        foreach (Schedule schedule in (await store.ListAsync(project: null, ct)).Where(s => !s.Paused))
        {
            // From before the firing on: what comes while it is under way is next.
            DateTimeOffset? coming = calendar.Next(schedule.Cron, schedule.TimeZone, time.GetUtcNow());
            next = next < coming ? next : coming ?? next;
            started.AddRange(await FireAsync(schedule, ct));
        }

        started.AddRange(await store.StartWaitingAsync(MaxWaiting, catalog.PolicyOf, ct));
        if (started.Count > 0)
        {
            Failpoint.Hit(FailurePoint.FireCommitted);
        }

        foreach (IGrouping<FunctionId, StartedRun> runs in started.GroupBy(s => s.Function))
        {
            await RouteAsync(runs, ct);
        }

        return next;
    }

    /// <summary>Forgets the fire times that are old enough; how many.</summary>
    public async Task<int> PurgeAsync(CancellationToken ct)
    {
        DateTimeOffset before = time.GetUtcNow() - _keepHistory;
        int all = 0, purged;
        do
        {
            purged = await store.PurgeAsync(before, PurgeSlice, ct);
            all += purged;
        }
        while (purged == PurgeSlice);

        return all;
    }

    // One schedule that cannot be read or settled must not keep the others from firing.
    private async Task<IReadOnlyList<StartedRun>> FireAsync(Schedule schedule, CancellationToken ct)
    {
        try
        {
            DateTimeOffset now = time.GetUtcNow();
            int due = 0;
            IReadOnlyList<DateTimeOffset> times = MisfireDecision.ToFire(schedule, Counted(), now);
            if (due == 0)
            {
                return [];
            }

            Failpoint.Hit(FailurePoint.FireDue);
            FireResult result = await store.FireAsync(
                new FireRequest(schedule.Project, schedule.Name, times, now) { Policy = catalog.PolicyOf(schedule.Function) }, ct);
            Count(schedule, result, due - times.Count);
            return result.Started;

            IEnumerable<DateTimeOffset> Counted()
            {
                foreach (DateTimeOffset fire in calendar.Between(schedule.Cron, schedule.TimeZone, schedule.FiredUntil, now))
                {
                    due++;
                    yield return fire;
                }
            }
        }
        catch (Exception e) when (e is not StoreUnavailableException && !ct.IsCancellationRequested)
        {
            metrics.Failed();
            LogFailed(logger, schedule.Project, schedule.Name, e);
            return [];
        }
    }

    private void Count(Schedule schedule, FireResult result, int missed)
    {
        foreach (ScheduleFire fire in result.Fires)
        {
            metrics.Fired(fire.Outcome, fire.At - fire.FireTime);
        }

        if (missed > 0)
        {
            metrics.Missed(missed);
            LogMissed(logger, schedule.Project, schedule.Name, missed);
        }
    }

    // The sweep finds what is not announced.
    private async Task RouteAsync(IGrouping<FunctionId, StartedRun> runs, CancellationToken ct)
    {
        try
        {
            await router.RouteAsync(runs.Key, [.. runs.Select(r => r.Id.Value)], ct);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            LogNotAnnounced(logger, runs.Key, e);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Schedule {Project}/{Name} could not be looked at; the next tick tries again")]
    private static partial void LogFailed(ILogger logger, string project, string name, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Schedule {Project}/{Name}: {Count} missed fire times are left out, as its misfire policy says")]
    private static partial void LogMissed(ILogger logger, string project, string name, int count);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Runs of {Function} could not be announced; the sweep will find them")]
    private static partial void LogNotAnnounced(ILogger logger, FunctionId function, Exception exception);
}
