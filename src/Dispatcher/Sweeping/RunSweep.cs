using System.Collections.Concurrent;
using InterCluster.Core.Apps;
using InterCluster.Core.Failures;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Dispatcher.Depths;
using InterCluster.Dispatcher.Routing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace InterCluster.Dispatcher.Sweeping;

/// <summary>What one pass did.</summary>
/// <param name="Store">What the store moved.</param>
/// <param name="AnnouncedAgain">Functions that were announced again.</param>
/// <param name="AppDeleted">Runs that ended because their app was deleted.</param>
/// <param name="More">True when a limit was reached: there is more to do at once.</param>
internal readonly record struct SweepPass(SweepResult Store, int AnnouncedAgain, int AppDeleted, bool More);

/// <summary>
/// Finds what got lost on the way: due runs, runs whose worker died, runs whose announcement never arrived, runs of deleted apps. Everything it does is
/// a guarded update or a repeated announcement, so two dispatchers that sweep at once do no harm.
/// </summary>
internal sealed partial class RunSweep(
    IRunStore store, IAppCatalog catalog, RunRouter router, RunDepths depths, DispatcherMetrics metrics, TimeProvider time,
    IOptions<DispatcherOptions> options, ILogger<RunSweep> logger)
{
    // Sends of one pass that are under way at once: a broker confirms them together.
    private const int AtOnce = 32;

    private readonly TimeSpan _announceLimit = options.Value.SendTimeout;
    private readonly int _limit = options.Value.SweepLimit;
    private readonly int _maxCrashes = options.Value.MaxCrashes;
    private readonly QueuedFunctions _queued = new(time, options.Value.AnnounceAgainAfter);
    private readonly ConcurrentDictionary<AppId, bool> _deleted = new();

    /// <summary>The runs of a deleted app end with the next pass.</summary>
    public void AppDeleted(AppId app) => _deleted[app] = true;

    /// <summary>One pass.</summary>
    public async Task<SweepPass> RunOnceAsync(CancellationToken ct)
    {
        SweepResult swept = await store.SweepAsync(_maxCrashes, _limit, ct);
        if (swept.Ready.Count > 0)
        {
            Failpoint.Hit(FailurePoint.RunsSwept);
        }

        metrics.Swept(swept);
        await AnnounceAsync(swept.Ready, ct);
        int ended = await EndDeletedAsync(ct);
        DepthReading reading = await depths.ObserveAsync(ct);
        List<FunctionId> again = _queued.Observe(reading.Functions);
        metrics.AnnouncedAgain(again.Count);
        await AnnounceAsync([.. again.Select(function => new ReadyRuns(function, []))], ct);
        return new SweepPass(swept, again.Count, ended, swept.Due >= _limit || swept.Expired + swept.Dead >= _limit || swept.TooOld >= _limit);
    }

    // A bus that is down or slow must not keep the sweep from the store: the runs are announced again while they stay queued.
    private async Task AnnounceAsync(IReadOnlyList<ReadyRuns> ready, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(_announceLimit, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
        try
        {
            await Parallel.ForEachAsync(
                ready, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = linked.Token }, (runs, token) => AnnounceAsync(runs, token));
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            LogSlowBus(logger, _announceLimit);
        }
    }

    private async ValueTask AnnounceAsync(ReadyRuns runs, CancellationToken ct)
    {
        try
        {
            await router.RouteAsync(runs.Function, [.. runs.Ids.Select(id => id.Value)], ct);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            LogNotAnnounced(logger, runs.Function, e);
        }
    }

    private async Task<int> EndDeletedAsync(CancellationToken ct)
    {
        int ended = 0;
        foreach (AppId app in _deleted.Keys)
        {
            // Deployed again meanwhile: its queued runs are runs of the new deployment.
            if (!catalog.TryGet(app, out _))
            {
                ended += await store.FailAppAsync(app, ct);
            }

            _deleted.TryRemove(app, out _);
        }

        metrics.AppDeleted(ended);
        return ended;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The bus did not take all announcements within {Limit}; the next passes make them again")]
    private static partial void LogSlowBus(ILogger logger, TimeSpan limit);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Runs of {Function} could not be announced; the sweep will try again")]
    private static partial void LogNotAnnounced(ILogger logger, FunctionId function, Exception exception);
}
