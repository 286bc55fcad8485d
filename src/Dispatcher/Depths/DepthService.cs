using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace InterCluster.Dispatcher.Depths;

/// <summary>Keeps the depths fresh for the autoscaler of a process that does not sweep; where the sweep reads them, it has nothing to do.</summary>
internal sealed partial class DepthService(RunDepths depths, TimeProvider time, ILogger<DepthService> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>Reads the depths unless somebody has just done so.</summary>
    public async Task RunOnceAsync(CancellationToken ct)
    {
        if (depths.Age() is { } age && age < Period * 1.5)
        {
            return;
        }

        try
        {
            await depths.ObserveAsync(ct);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            LogUnknown(logger, e);
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            do
            {
                await RunOnceAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The depths of the queues could not be read")]
    private static partial void LogUnknown(ILogger logger, Exception exception);
}
