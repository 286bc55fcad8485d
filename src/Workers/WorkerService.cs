using InterCluster.Workers.Leases;
using InterCluster.Workers.Queues;
using InterCluster.Workers.Settling;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace InterCluster.Workers;

/// <summary>
/// The worker's life. At a stop: no more claims; what has no slot yet is given back; running calls finish within the grace, then they are aborted and
/// given back too; leases are kept and settlements made to the end.
/// </summary>
internal sealed partial class WorkerService(
    FunctionQueues queues, Settler settler, LeaseKeeper leases, HeldRuns held, TimeProvider time, IOptions<WorkerOptions> options,
    ILogger<WorkerService> logger) : IHostedService, IDisposable
{
    private static readonly TimeSpan SettleAfterAbort = TimeSpan.FromSeconds(2);

    private readonly TimeSpan _grace = options.Value.StopGrace;
    private readonly CancellationTokenSource _connecting = new();
    private readonly CancellationTokenSource _abandon = new();
    private readonly CancellationTokenSource _renewing = new();
    private Task _loops = Task.CompletedTask;
    private Task _settling = Task.CompletedTask;

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _settling = settler.RunAsync(_abandon.Token);
        _loops = Task.WhenAll(leases.RunAsync(_renewing.Token), queues.RunAsync(_connecting.Token));
        try
        {
            await queues.ActivateQueuedAsync(cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // The dispatcher's sweep announces them again.
            LogNotActivated(logger, e);
        }
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _connecting.CancelAsync();
        Task ended = queues.StopAsync();
        if (!await EndsAsync(ended, _grace, cancellationToken))
        {
            LogAborting(logger, held.Count, _grace);
            foreach (HeldRun run in held.All)
            {
                run.Abort(AbortReason.Stopping);
            }

            await EndsAsync(ended, SettleAfterAbort, CancellationToken.None);
        }

        settler.Complete();
        await EndsAsync(_settling, SettleAfterAbort, CancellationToken.None);
        await _abandon.CancelAsync();
        await _renewing.CancelAsync();
        await queues.DisconnectAllAsync(cancellationToken);
        await _loops;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _connecting.Dispose();
        _abandon.Dispose();
        _renewing.Dispose();
    }

    private async Task<bool> EndsAsync(Task task, TimeSpan limit, CancellationToken ct)
    {
        try
        {
            await task.WaitAsync(limit, time, ct);
            return true;
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} runs did not end within {Grace} of the stop; they are aborted and given back")]
    private static partial void LogAborting(ILogger logger, int count, TimeSpan grace);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The functions with queued runs are not known yet; the sweep will announce them")]
    private static partial void LogNotActivated(ILogger logger, Exception exception);
}
