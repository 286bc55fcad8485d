using InterCluster.Core.Naming;
using InterCluster.Core.Runs;

namespace InterCluster.Workers.Leases;

/// <summary>The runs that this worker holds. Hears of cancelled runs, also of those whose claim is on its way.</summary>
internal sealed class HeldRuns : IDisposable
{
    private readonly Dictionary<RunId, HeldRun> _held = [];
    private readonly HashSet<RunId> _cancelledEarly = [];
    private readonly Lock _lock = new();
    private readonly IRunStore _store;
    private int _claiming;

    public HeldRuns(IRunStore store)
    {
        _store = store;
        store.CancelRequested += OnCancelRequested;
    }

    /// <summary>How many.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _held.Count;
            }
        }
    }

    /// <summary>All of them, as they are now.</summary>
    public HeldRun[] All
    {
        get
        {
            lock (_lock)
            {
                return [.. _held.Values];
            }
        }
    }

    /// <summary>A claim is about to be made: a cancellation that overtakes its answer is remembered until <see cref="EndClaim"/>.</summary>
    public void BeginClaim()
    {
        lock (_lock)
        {
            _claiming++;
        }
    }

    /// <summary>The claimed runs are held, or the claim failed.</summary>
    public List<HeldRun> EndClaim(IReadOnlyList<ClaimedRun> runs, long claimedAt)
    {
        lock (_lock)
        {
            var held = new List<HeldRun>(runs.Count);
            foreach (ClaimedRun run in runs)
            {
                held.Add(Hold_NeedsLock(run, claimedAt));
            }

            if (--_claiming == 0)
            {
                _cancelledEarly.Clear();
            }

            return held;
        }
    }

    /// <summary>The run is settled, or lost.</summary>
    public void Release(HeldRun held)
    {
        lock (_lock)
        {
            // Under a newer lease it may be held again already.
            if (_held.TryGetValue(held.Run.Id, out HeldRun? current) && ReferenceEquals(current, held))
            {
                _held.Remove(held.Run.Id);
            }
        }

        held.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose() => _store.CancelRequested -= OnCancelRequested;

    private HeldRun Hold_NeedsLock(ClaimedRun run, long claimedAt)
    {
        var held = new HeldRun(run, claimedAt);
        if (_held.TryGetValue(run.Id, out HeldRun? older))
        {
            older.Abort(AbortReason.LeaseLost);
        }

        _held[run.Id] = held;
        if (_cancelledEarly.Contains(run.Id))
        {
            held.Abort(AbortReason.Cancelled);
        }

        return held;
    }

    private void OnCancelRequested(RunId id)
    {
        lock (_lock)
        {
            if (_held.TryGetValue(id, out HeldRun? held))
            {
                held.Abort(AbortReason.Cancelled);
            }

            if (_claiming > 0)
            {
                _cancelledEarly.Add(id);
            }
        }
    }
}
