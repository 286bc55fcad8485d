using InterCluster.Core.Schedules;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace InterCluster.Dispatcher.Schedules;

/// <summary>
/// Ticks when the next fire time comes, not at a pace of its own. Twice a second it asks the store whether the schedules have changed, or whether fire times wait for
/// runs to end. Every dispatcher has one: the store takes each fire time once.
/// </summary>
internal sealed partial class ScheduleTimer(IScheduleStore store, ScheduleTick tick, TimeProvider time, ILogger<ScheduleTimer> logger) : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    private ScheduleStamp? _seen;
    private DateTimeOffset? _next;
    private bool _failing;

    /// <summary>Ticks when it is time to; how long until it may be again.</summary>
    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        ScheduleStamp stamp = await store.StampAsync(ct);
        if (stamp != _seen || stamp.AnyWaiting || _next <= time.GetUtcNow())
        {
            // Only when the tick has succeeded: one that failed is made again.
            _seen = null;
            _next = await tick.RunOnceAsync(ct);
            _seen = stamp;
        }

        TimeSpan left = _next - time.GetUtcNow() ?? Look;
        return left < TimeSpan.Zero ? TimeSpan.Zero : left < Look ? left : Look;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        while (!stoppingToken.IsCancellationRequested)
        {
            TimeSpan wait = await PassAsync(stoppingToken);
            await Task.Delay(wait, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<TimeSpan> PassAsync(CancellationToken ct)
    {
        try
        {
            TimeSpan wait = await RunOnceAsync(ct);
            _failing = false;
            return wait;
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            if (!_failing)
            {
                LogFailed(logger, e);
            }

            _failing = true;
        }
        catch (OperationCanceledException)
        {
        }

        return Look;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The schedules could not be looked at; it is tried again twice a second")]
    private static partial void LogFailed(ILogger logger, Exception exception);
}
