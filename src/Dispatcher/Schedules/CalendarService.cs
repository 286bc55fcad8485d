using Hangfire;
using Hangfire.Common;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace InterCluster.Dispatcher.Schedules;

/// <summary>
/// Hangfire as the calendar of what is kept: it calls for the removal of old history, and once a minute for a tick beside those of <see cref="ScheduleTimer"/>, on one of
/// the dispatchers that share its storage. It decides nothing: what fires, and that it fires once, is the store's. A storage that is away keeps nobody from
/// starting, and nothing from firing.
/// </summary>
internal sealed partial class CalendarService(CalendarStorage calendar, CalendarJobs jobs, TimeProvider time, ILogger<CalendarService> logger) : BackgroundService
{
    private const string EveryMinute = "* * * * *";
    private const string Hourly = "17 * * * *";
    private const int Workers = 2;

    private static readonly TimeSpan BackOff = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Polling = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan KeepTicks = TimeSpan.FromMinutes(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            using BackgroundJobServer server = await OpenAsync(stoppingToken);
            await Task.Delay(Timeout.InfiniteTimeSpan, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            server.SendStop();
            await server.WaitForShutdownAsync(CancellationToken.None);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private async Task<BackgroundJobServer> OpenAsync(CancellationToken ct)
    {
        int failures = 0;
        while (true)
        {
            try
            {
                return Open();
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                if (failures++ == 0)
                {
                    LogAway(logger, e);
                }
            }

            await Task.Delay(BackOff, time, ct);
        }
    }

    private BackgroundJobServer Open()
    {
        JobStorage storage = calendar.Open();
        storage.JobExpirationTimeout = KeepTicks;
        var recurring = new RecurringJobManager(storage);
        var options = new RecurringJobOptions { TimeZone = TimeZoneInfo.Utc, MisfireHandling = MisfireHandlingMode.Relaxed };
        recurring.AddOrUpdate("schedules", Job.FromExpression<CalendarJobs>(j => j.TickAsync(CancellationToken.None)), EveryMinute, options);
        recurring.AddOrUpdate("schedule-history", Job.FromExpression<CalendarJobs>(j => j.PurgeAsync(CancellationToken.None)), Hourly, options);
        recurring.Trigger("schedules");
        return new BackgroundJobServer(
            new BackgroundJobServerOptions
            {
                WorkerCount = Workers, SchedulePollingInterval = Polling, StopTimeout = StopGrace, ShutdownTimeout = StopGrace, Activator = new Given(jobs),
            },
            storage);
    }

    private sealed class Given(CalendarJobs jobs) : JobActivator
    {
        public override object ActivateJob(Type jobType) => jobs;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The calendar's storage cannot be opened; the history of schedules is not cleared until it can")]
    private static partial void LogAway(ILogger logger, Exception exception);
}
