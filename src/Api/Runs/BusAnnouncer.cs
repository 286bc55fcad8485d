using InterCluster.Core.Failures;
using InterCluster.Core.Messages;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Core.Signals;
using MassTransit;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace InterCluster.Api.Runs;

/// <summary>
/// Announces runs over the bus: what comes while one round of publishing is under way goes with the next, many ids to a message. No fixed
/// delay, bounded memory; a round that fails is dropped and counted, since the sweep finds its runs in the store. While the bus takes nothing it is tried
/// once a second and told of once: each try that fails costs more than the submission of its runs.
/// </summary>
internal sealed partial class BusAnnouncer(
    IBus bus, RunMetrics metrics, TimeProvider time, IOptions<RunOptions> options, ILogger<BusAnnouncer> logger) : BackgroundService, IRunAnnouncer
{
    private static readonly List<Guid> Some = [];
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly int _maxPending = options.Value.MaxPendingAnnouncements;
    private readonly TimeSpan _timeout = options.Value.AnnounceTimeout;
    private readonly Signal _signal = new();
    private readonly Lock _lock = new();
    private Dictionary<FunctionId, List<Guid>> _pending = [];
    private int _count;
    private bool _failing;

    /// <inheritdoc/>
    public void Announce(FunctionId function, RunId id)
    {
        bool full;
        lock (_lock)
        {
            full = _count >= _maxPending;
            if (!full)
            {
                Add_NeedsLock(function, id);
            }
        }

        if (full)
        {
            metrics.Dropped(1, "full");
        }

        _signal.Set();
    }

    /// <inheritdoc/>
    public void AnnounceSome(FunctionId function)
    {
        lock (_lock)
        {
            // An empty list, kept empty until it is sent: the workers look into the store, and find there the named ones as well.
            _pending[function] = Some;
        }

        _signal.Set();
    }

    /// <summary>Publishes what is pending; how many runs were announced.</summary>
    public async Task<int> RunOnceAsync(CancellationToken ct)
    {
        Dictionary<FunctionId, List<Guid>> batch = Take();
        (int Sent, Exception? Failure)[] results = await Task.WhenAll(Messages(batch).Select(m => PublishAsync(m, ct)));
        Report(Array.Find(results, r => r.Failure is not null).Failure);
        return results.Sum(r => r.Sent);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // What is still pending at the stop is in the store; the next start announces it.
        try
        {
            while (true)
            {
                await _signal.WaitAsync(stoppingToken);
                Failpoint.Hit(FailurePoint.AnnouncerWoken);
                await RunOnceAsync(stoppingToken);
                if (_failing)
                {
                    await Task.Delay(Pause, time, stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private static IEnumerable<RunsSubmitted> Messages(Dictionary<FunctionId, List<Guid>> batch) =>
        from entry in batch
        from ids in entry.Value.Count == 0 ? [[]] : entry.Value.Chunk(RunsSubmitted.MaxIds)
        select new RunsSubmitted
        {
            Project = entry.Key.App.Project,
            App = entry.Key.App.App,
            Function = entry.Key.Function,
            Ids = ids,
        };

    private void Add_NeedsLock(FunctionId function, RunId id)
    {
        if (!_pending.TryGetValue(function, out List<Guid>? ids))
        {
            _pending[function] = ids = [];
        }

        if (!ReferenceEquals(ids, Some))
        {
            ids.Add(id.Value);
            _count++;
        }
    }

    private Dictionary<FunctionId, List<Guid>> Take()
    {
        lock (_lock)
        {
            Dictionary<FunctionId, List<Guid>> taken = _pending;
            _pending = [];
            _count = 0;
            return taken;
        }
    }

    private async Task<(int Sent, Exception? Failure)> PublishAsync(RunsSubmitted message, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(_timeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
        try
        {
            Failpoint.Hit(FailurePoint.AnnouncementTaken);
            await bus.Publish(message, linked.Token);
            Failpoint.Hit(FailurePoint.AnnouncementPublished);
            metrics.Announced(message.Ids.Count);
            return (message.Ids.Count, null);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            // Whatever the bus throws, the runs are safe: one catch for the unit of work.
            metrics.Dropped(message.Ids.Count, "bus");
            return (0, e);
        }
    }

    private void Report(Exception? failure)
    {
        if (failure is not null && !_failing)
        {
            LogRefused(logger, failure);
        }
        else if (failure is null && _failing)
        {
            LogBack(logger);
        }

        _failing = failure is not null;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The bus does not take announcements; the sweep finds their runs. It is tried again once a second.")]
    private static partial void LogRefused(ILogger logger, Exception exception);

    [LoggerMessage(Level = LogLevel.Information, Message = "The bus takes announcements again")]
    private static partial void LogBack(ILogger logger);
}
