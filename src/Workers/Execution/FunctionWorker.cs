using InterCluster.Core.Admission;
using InterCluster.Core.Failures;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Core.Signals;
using InterCluster.Workers.Leases;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace InterCluster.Workers.Execution;

/// <summary>
/// Carries out the runs of one function. Announced ids are claimed as they are while there is room; once more is announced than fits, the ids are
/// dropped and the next runs are claimed from the store, in its order, whenever there is room again, until it has no more. One loop claims; what becomes
/// free while a claim is under way goes with the next. Nothing here is shared with other functions.
/// </summary>
internal sealed partial class FunctionWorker(
    FunctionId function, IRunStore store, RunExecutor executor, HeldRuns held, AppCapacity capacity, WorkerMetrics metrics, TimeProvider time,
    IOptions<WorkerOptions> options, ILogger logger)
{
    private readonly WorkerOptions _options = options.Value;
    private readonly Signal _wake = new();
    private readonly RefusalPause _pause = new(time);
    private readonly Lock _lock = new();
    private readonly List<RunId> _announced = [];
    private int _running;
    private int _claiming;
    private bool _more;
    private long _lastBusy = time.GetTimestamp();

    /// <summary>Runs in hand.</summary>
    public int Running
    {
        get
        {
            lock (_lock)
            {
                return _running;
            }
        }
    }

    /// <summary>Takes announced runs; an empty list says that the store has some. Never blocks, so its message can be acknowledged at once.</summary>
    public void Offer(IReadOnlyList<Guid> ids)
    {
        lock (_lock)
        {
            _lastBusy = time.GetTimestamp();
            if (ids.Count == 0 || _more || _announced.Count + ids.Count > Room_NeedsLock())
            {
                metrics.Overflowed(ids.Count + _announced.Count);
                _announced.Clear();
                _more = true;
            }
            else
            {
                _announced.AddRange(ids.Select(id => new RunId(id)));
            }
        }

        _wake.Set();
    }

    /// <summary>True when it has had nothing to do for <paramref name="idle"/>.</summary>
    public bool IsIdle(TimeSpan idle)
    {
        lock (_lock)
        {
            return _running + _claiming == 0 && !_more && _announced.Count == 0 && time.GetElapsedTime(_lastBusy) >= idle;
        }
    }

    /// <summary>Claims and starts runs until stopped; completes when those in hand have ended.</summary>
    /// <param name="stop">No more claims, and what has no slot yet is given back.</param>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                await _wake.WaitAsync(stop);
                while (_pause.Left > TimeSpan.Zero)
                {
                    await _wake.WaitAsync(_pause.Left, time, stop);
                }

                await RunOnceAsync(stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }

        while (Running > 0)
        {
            await _wake.WaitAsync(CancellationToken.None);
        }
    }

    /// <summary>Claims and starts as much as there is room for; how many.</summary>
    public async Task<int> RunOnceAsync(CancellationToken stop)
    {
        int started = 0;
        while (!stop.IsCancellationRequested && _pause.Left <= TimeSpan.Zero && Next() is { } claim)
        {
            try
            {
                started += await ClaimAsync(claim, stop);
            }
            catch (Exception e) when (!stop.IsCancellationRequested)
            {
                LogNotClaimed(logger, function, e);
                Retry();
                _pause.Refused();
                break;
            }
        }

        return started;
    }

    private int Room_NeedsLock() => capacity.Of(function, _options.MaxConcurrency) - _running - _claiming;

    /// <summary>What to claim next: announced ids, or (an empty list) the next <c>Room</c> runs; null when there is no room or nothing to do.</summary>
    private (RunId[] Ids, int Room)? Next()
    {
        lock (_lock)
        {
            int room = Math.Min(Room_NeedsLock(), _options.BulkSize);
            if (room <= 0 || (!_more && _announced.Count == 0))
            {
                return null;
            }

            RunId[] ids = [.. _announced.Take(room)];
            _announced.RemoveRange(0, ids.Length);
            // What is announced from here on may come after this claim has looked.
            _more = false;
            _claiming = ids.Length > 0 ? ids.Length : room;
            return (ids, room);
        }
    }

    private async Task<int> ClaimAsync((RunId[] Ids, int Room) claim, CancellationToken stop)
    {
        held.BeginClaim();
        long claimedAt = time.GetTimestamp();
        IReadOnlyList<ClaimedRun> runs = [];
        List<HeldRun> taken;
        try
        {
            Failpoint.Hit(FailurePoint.RunsOffered);
            // Not the stop's token: a claim that is committed unseen would have to wait for its lease to end.
            runs = claim.Ids.Length > 0
                ? await store.ClaimAsync(claim.Ids, _options.Name, _options.Lease, CancellationToken.None)
                : await store.ClaimNextAsync(function, claim.Room, _options.Name, _options.Lease, CancellationToken.None);
        }
        finally
        {
            taken = held.EndClaim(runs, claimedAt);
        }

        metrics.Claimed(runs, time.GetUtcNow());
        Start(taken, claim.Ids.Length == 0 && runs.Count == claim.Room, stop);
        return runs.Count;
    }

    private void Start(List<HeldRun> runs, bool more, CancellationToken stop)
    {
        lock (_lock)
        {
            _more |= more;
            _claiming = 0;
            _lastBusy = time.GetTimestamp();
            _running += runs.Count;
        }

        if (runs.Count > 0)
        {
            _ = StartInOrderAsync(runs, stop);
        }
    }

    // One after the other up to the app's queue, so that the store's order holds there; on a thread of the pool, so that the next claim does not wait.
    private async Task StartInOrderAsync(List<HeldRun> runs, CancellationToken stop)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        foreach (HeldRun run in runs)
        {
            _ = CarryOutAsync(run, stop);
        }
    }

    private async Task CarryOutAsync(HeldRun run, CancellationToken stop)
    {
        Refusal refusal = await executor.ExecuteAsync(run, stop);
        if (refusal is Refusal.None or Refusal.Cancelled)
        {
            _pause.Served();
        }
        else
        {
            _pause.Refused();
        }

        lock (_lock)
        {
            _running--;
            _lastBusy = time.GetTimestamp();
        }

        _wake.Set();
    }

    private void Retry()
    {
        lock (_lock)
        {
            _more = true;
            _claiming = 0;
        }

        _wake.Set();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Runs of {Function} could not be claimed; tried again shortly")]
    private static partial void LogNotClaimed(ILogger logger, FunctionId function, Exception exception);
}
