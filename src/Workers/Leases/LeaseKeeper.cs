using InterCluster.Core.Runs;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace InterCluster.Workers.Leases;

/// <summary>
/// Renews the leases of held runs in bulk, and aborts the calls whose lease is lost or could not be renewed in time: a worker that is cut off from the
/// store lets go before another may take over. Runs shorter than <see cref="WorkerOptions.RenewEvery"/> cost nothing here.
/// </summary>
internal sealed partial class LeaseKeeper(
    IRunStore store, HeldRuns held, WorkerMetrics metrics, TimeProvider time, IOptions<WorkerOptions> options, ILogger<LeaseKeeper> logger)
{
    private readonly WorkerOptions _options = options.Value;

    /// <summary>Runs passes until cancelled.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        TimeSpan period = TimeSpan.FromTicks(Math.Min(_options.RenewEvery.Ticks / 4, TimeSpan.TicksPerSecond));
        using var timer = new PeriodicTimer(period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(ct))
            {
                await RunOnceAsync(ct);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
        }
    }

    /// <summary>One pass; how many leases were renewed.</summary>
    public async Task<int> RunOnceAsync(CancellationToken ct)
    {
        int renewed = 0;
        try
        {
            foreach (HeldRun[] chunk in held.All.Where(IsDue).Chunk(_options.BulkSize))
            {
                renewed += await RenewAsync(chunk, ct);
            }
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            LogNotRenewed(logger, e);
        }

        AbortExpired();
        return renewed;
    }

    private bool IsDue(HeldRun run) => run.Reason == AbortReason.None && time.GetElapsedTime(run.RenewedAt) >= _options.RenewEvery;

    private async Task<int> RenewAsync(HeldRun[] runs, CancellationToken ct)
    {
        long now = time.GetTimestamp();
        // A store that hangs must not keep this loop from aborting what expires meanwhile.
        using var limit = new CancellationTokenSource(_options.RenewEvery, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
        IReadOnlyList<bool> kept = await store.RenewAsync(
            [.. runs.Select(r => new LeaseRef(r.Run.Id, r.Run.Lease))], _options.Lease, linked.Token).AsTask().WaitAsync(linked.Token);
        for (int i = 0; i < runs.Length; i++)
        {
            if (kept[i])
            {
                runs[i].RenewedAt = now;
            }
            else
            {
                Lose(runs[i]);
            }
        }

        int renewed = kept.Count(k => k);
        metrics.Renewed(renewed);
        return renewed;
    }

    private void AbortExpired()
    {
        TimeSpan end = _options.Lease - _options.LeaseMargin;
        foreach (HeldRun run in held.All)
        {
            if (time.GetElapsedTime(run.RenewedAt) >= end)
            {
                Lose(run);
            }
        }
    }

    private void Lose(HeldRun run)
    {
        if (run.Reason == AbortReason.None)
        {
            LogLost(logger, run.Run.Id.Value, run.Run.Attempt, run.Run.Lease);
            run.Abort(AbortReason.LeaseLost);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Leases could not be renewed; calls are aborted when they end")]
    private static partial void LogNotRenewed(ILogger logger, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Run {RunId}: lease {Lease} of attempt {Attempt} is lost; its call is aborted")]
    private static partial void LogLost(ILogger logger, Guid runId, int attempt, long lease);
}
