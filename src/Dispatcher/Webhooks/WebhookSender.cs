using System.Collections.Concurrent;
using InterCluster.Core.Signals;
using InterCluster.Core.Webhooks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace InterCluster.Dispatcher.Webhooks;

/// <summary>
/// Sends what is due: takes as many deliveries as there is room for, each receiver's share at most, and settles every attempt on its own. Nothing of it
/// touches the run or its worker. What it holds when it dies is sent again, under the same id, when the lease is over.
/// </summary>
internal sealed partial class WebhookSender(
    IWebhookStore store, WebhookHttp http, BatchEnds batches, WebhookMetrics metrics, TimeProvider time, IOptions<WebhookOptions> options, ILogger<WebhookSender> logger)
    : BackgroundService
{
    private static readonly TimeSpan SettleBackOff = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan HousekeepingPeriod = TimeSpan.FromSeconds(30);
    private const int PurgeLimit = 1000;

    private readonly WebhookOptions _options = options.Value;
    private readonly ConcurrentDictionary<(Guid Id, long Lease), (ClaimedDelivery Delivery, Task Sending)> _sending = new();
    private readonly CancellationTokenSource _abandon = new();
    private readonly Signal _wake = new();
    private readonly ReceiverPatience _patience = new(options.Value.DisableAfterFailures, options.Value.DisableAfter);
    private long? _keptHouse;

    /// <summary>Deliveries that are being sent.</summary>
    public int InFlight => _sending.Count;

    /// <summary>Starts to send what is due; returns when to look again at the latest.</summary>
    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        await batches.RunOnceAsync(ct);
        ClaimedDelivery[] busy = [.. _sending.Values.Select(s => s.Delivery)];
        var shares = new WebhookShares(
            _options.Concurrency, _options.PerProject, _options.PerReceiver, _options.BytesInFlight - busy.Sum(d => (long)(d.Body?.Length ?? 0)),
            busy.Select(d => (d.Subject.Function.App.Project, d.Target.Authority)));
        if (shares.IsFull)
        {
            return _options.PollPeriod; // What ends first wakes us.
        }

        WebhookClaim claim = await store.ClaimAsync(shares, _options.Lease, ct);
        long claimed = time.GetTimestamp();
        foreach (ClaimedDelivery delivery in claim.Deliveries)
        {
            Start(delivery, claimed);
        }

        TimeSpan wait = claim.NextDue is { } due ? due - time.GetUtcNow() : _options.PollPeriod;
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait < _options.PollPeriod ? wait : _options.PollPeriod;
    }

    /// <summary>Completes when nothing is being sent.</summary>
    public Task IdleAsync() => Task.WhenAll(_sending.Values.Select(s => s.Sending));

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await IdleAsync().WaitAsync(StopGrace, time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _abandon.CancelAsync();
        await IdleAsync();
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _abandon.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        store.Due += _wake.Set;
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            while (true)
            {
                TimeSpan wait = await PassAsync(stoppingToken);
                await _wake.WaitAsync(wait, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
        finally
        {
            store.Due -= _wake.Set;
        }
    }

    private async Task<TimeSpan> PassAsync(CancellationToken ct)
    {
        try
        {
            TimeSpan wait = await RunOnceAsync(ct);
            if (_keptHouse is null || time.GetElapsedTime(_keptHouse.Value) > HousekeepingPeriod)
            {
                await KeepHouseAsync(ct);
            }

            return wait;
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            LogPassFailed(logger, e);
            return _options.PollPeriod;
        }
    }

    /// <summary>Forgets what ended long ago, and counts what waits.</summary>
    private async Task KeepHouseAsync(CancellationToken ct)
    {
        _keptHouse = time.GetTimestamp();
        DateTimeOffset now = time.GetUtcNow();
        while (await store.PurgeAsync(now - _options.KeepDelivered, now - _options.KeepDead, PurgeLimit, ct) >= PurgeLimit)
        {
        }

        metrics.Pending(await store.CountPendingAsync(ct));
    }

    private void Start(ClaimedDelivery delivery, long claimed)
    {
        // Entered before it can end: an entry that is made after its end would stay.
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        (Guid, long) key = (delivery.Id, delivery.Lease);
        _sending[key] = (delivery, SendAsync(delivery, key, claimed, go.Task));
        go.SetResult();
    }

    private async Task SendAsync(ClaimedDelivery delivery, (Guid, long) key, long claimed, Task go)
    {
        await go;
        try
        {
            SendResult sent = delivery.IsReceiverDisabled ? NotSent(delivery) : await http.SendAsync(delivery, _abandon.Token);
            DeliverySettlement settlement = WebhookRetryPolicy.Decide(
                delivery, sent.Attempt, sent.RetryAfter, time.GetUtcNow(), Random.Shared.NextDouble()) with { Patience = _patience };
            metrics.Settled(settlement);
            LogAttempt(logger, delivery.Id, sent.Attempt.Number, sent.Attempt.Status, sent.Attempt.Error ?? "accepted");
            await SettleAsync(settlement, claimed);
        }
        catch (OperationCanceledException) when (_abandon.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            LogFailed(logger, delivery.Id, e);
        }
        finally
        {
            _sending.TryRemove(key, out _);
            _wake.Set();
        }
    }

    private SendResult NotSent(ClaimedDelivery delivery) =>
        new(new DeliveryAttempt(delivery.Attempts + 1, time.GetUtcNow(), TimeSpan.Zero, null, DeliveryErrors.ReceiverDisabled), null);

    // While the store cannot commit: as long as the lease lasts. Then the delivery is sent again, which is what at least once means.
    private async Task SettleAsync(DeliverySettlement settlement, long claimed)
    {
        while (true)
        {
            try
            {
                await store.SettleAsync(settlement, CancellationToken.None);
                return;
            }
            catch (Exception e) when (time.GetElapsedTime(claimed) < _options.Lease && !_abandon.IsCancellationRequested)
            {
                LogNotSettled(logger, settlement.Id, e);
                await Task.Delay(SettleBackOff, time, _abandon.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception e)
            {
                metrics.Unsettled();
                LogFailed(logger, settlement.Id, e);
                return;
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Webhook {Delivery}, attempt {Attempt}: {Status} {Result}")]
    private static partial void LogAttempt(ILogger logger, Guid delivery, int attempt, int? status, string result);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Webhook {Delivery}: the attempt could not be recorded yet")]
    private static partial void LogNotSettled(ILogger logger, Guid delivery, Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "Webhook {Delivery}: the attempt could not be recorded; it is sent again when its lease is over")]
    private static partial void LogFailed(ILogger logger, Guid delivery, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Due webhooks could not be read; it is tried again")]
    private static partial void LogPassFailed(ILogger logger, Exception exception);
}
