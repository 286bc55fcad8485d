using InterCluster.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace InterCluster.Storage.Retention;

/// <summary>
/// Removes what is kept no longer, a little at a time with a pause after each commit, so that nobody waits behind it. Every server does; they leave
/// each other's rows alone.
/// </summary>
internal sealed partial class RetentionService(
    IEndedRuns runs, IOptions<RetentionOptions> options, TimeProvider time, ILogger<RetentionService> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly RetentionOptions _options = options.Value;

    /// <summary>One pass; how many runs.</summary>
    public async Task<int> RunOnceAsync(CancellationToken ct)
    {
        int removed = await RemoveAsync((limit, token) => runs.RemoveAsync(RetentionKind.Done, _options.Done, limit, token), ct)
            + await RemoveAsync((limit, token) => runs.RemoveAsync(RetentionKind.Failed, _options.Failed, limit, token), ct);
        TimeSpan longest = _options.Done > _options.Failed ? _options.Done : _options.Failed;
        await RemoveAsync((limit, token) => runs.RemoveBatchesAsync(longest, limit, token), ct);
        return removed;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                if (await RunOnceAsync(stoppingToken) is > 0 and var removed)
                {
                    Removed(removed);
                }
            }
            catch (StoreUnavailableException e)
            {
                Failed(e);
            }
        }
    }

    private async Task<int> RemoveAsync(Func<int, CancellationToken, ValueTask<int>> remove, CancellationToken ct)
    {
        int total = 0;
        for (int removed = _options.Batch; removed == _options.Batch;)
        {
            removed = await remove(_options.Batch, ct);
            total += removed;
            if (removed == _options.Batch)
            {
                await Task.Delay(Pause, time, ct);
            }
        }

        return total;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Removed {Count} runs whose time was over")]
    private partial void Removed(int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Runs whose time is over could not be removed; tried again in a minute")]
    private partial void Failed(Exception exception);
}
