using InterCluster.Core.Webhooks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace InterCluster.Api.Webhooks;

/// <summary>
/// Webhooks of sync calls on their way to the store. The end of an answer waits for it, for a moment; while the store cannot commit they are kept for a minute and in
/// bounded number, and what is lost then, or with the process, is lost.
/// </summary>
internal sealed partial class UnstoredWebhooks(
    IWebhookStore store, WebhookApiMetrics metrics, TimeProvider time, IOptions<WebhookCaptureOptions> options, ILogger<UnstoredWebhooks> logger) : IHostedService, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan BackOff = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(5);

    private readonly int _max = options.Value.MaxUnstored;
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _abandon = new();
    private TaskCompletionSource? _empty; // Guarded by the lock, as is the count.
    private int _count;

    /// <summary>Takes a delivery and stores it; null when too many wait, and it is dropped.</summary>
    /// <param name="delivery">The delivery.</param>
    /// <param name="done">Called when its body is not needed any more.</param>
    public Task? TryAdd(NewDelivery delivery, Action done)
    {
        lock (_lock)
        {
            if (_count >= _max)
            {
                metrics.Dropped();
                return null;
            }

            _count++;
        }

        return StoreAsync(delivery, done);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Completes when nothing waits.</summary>
    public Task StoredAsync()
    {
        lock (_lock)
        {
            return _count == 0 ? Task.CompletedTask : (_empty ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await StoredAsync().WaitAsync(StopGrace, time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _abandon.CancelAsync();
    }

    public void Dispose() => _abandon.Dispose();

    private async Task StoreAsync(NewDelivery delivery, Action done)
    {
        try
        {
            await StoreAsync(delivery);
        }
        finally
        {
            done();
            Left();
        }
    }

    private async Task StoreAsync(NewDelivery delivery)
    {
        long began = time.GetTimestamp();
        while (true)
        {
            try
            {
                await store.AddAsync(delivery, CancellationToken.None);
                return;
            }
            catch (Exception e)
            {
                if (_abandon.IsCancellationRequested || time.GetElapsedTime(began) > Patience)
                {
                    metrics.Dropped();
                    LogLost(logger, delivery.Id, delivery.Subject.Run.Value, e);
                    return;
                }

                await Task.Delay(BackOff, time, _abandon.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void Left()
    {
        lock (_lock)
        {
            if (--_count == 0)
            {
                _empty?.TrySetResult();
                _empty = null;
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Webhook {Delivery} of the sync call {RunId} could not be stored and is lost")]
    private static partial void LogLost(ILogger logger, Guid delivery, Guid runId, Exception exception);
}
