using Hangfire;
using InterCluster.Core;
using Microsoft.Extensions.Logging;

namespace InterCluster.Dispatcher.Schedules;

/// <summary>What the calendar calls. A failed tick is not tried again by it: the next one is near, and does the same.</summary>
[AutomaticRetry(Attempts = 0, OnAttemptsExceeded = AttemptsExceededAction.Delete)]
internal sealed partial class CalendarJobs(ScheduleTick tick, ILogger<CalendarJobs> logger)
{
    public async Task TickAsync(CancellationToken ct)
    {
        try
        {
            await tick.RunOnceAsync(ct);
        }
        catch (StoreUnavailableException e)
        {
            LogFailed(logger, e);
        }
    }

    public async Task PurgeAsync(CancellationToken ct)
    {
        try
        {
            await tick.PurgeAsync(ct);
        }
        catch (StoreUnavailableException e)
        {
            LogFailed(logger, e);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A tick of the schedules failed; the next one tries again")]
    private static partial void LogFailed(ILogger logger, Exception exception);
}
