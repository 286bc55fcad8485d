using System.Threading.Channels;
using InterCluster.Core.Runs;
using InterCluster.Workers.Leases;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace InterCluster.Workers.Settling;

/// <summary>
/// Settles attempts in bulk: what ends while one settlement is under way goes with the next. While the store cannot commit, it is tried again for as
/// long as the lease lasts; settling twice is harmless, since the second finds the run settled.
/// </summary>
internal sealed partial class Settler(IRunStore store, WorkerMetrics metrics, TimeProvider time, IOptions<WorkerOptions> options, ILogger<Settler> logger)
{
    private static readonly TimeSpan FirstBackOff = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromSeconds(1);

    // Unbounded in form only: it holds at most one entry for each held run.
    private readonly Channel<Entry> _entries = Channel.CreateUnbounded<Entry>(new UnboundedChannelOptions { SingleReader = true });
    private readonly int _bulk = options.Value.BulkSize;
    private readonly TimeSpan _lease = options.Value.Lease;

    /// <summary>Settles an attempt; false when the settlement came too late or could not be made.</summary>
    public async Task<bool> SettleAsync(HeldRun run, Settlement settlement)
    {
        // Goes on in the settler's loop: what a run still has to do is to be let go of, which is less than a turn of the thread pool for each.
        var entry = new Entry(run, settlement, new TaskCompletionSource<bool>());
        if (!_entries.Writer.TryWrite(entry))
        {
            return false;
        }

        return await entry.Done.Task;
    }

    /// <summary>Runs until <see cref="Complete"/> was called and everything is settled, or abandoned.</summary>
    public async Task RunAsync(CancellationToken abandon)
    {
        var batch = new List<Entry>(_bulk);
        while (await _entries.Reader.WaitToReadAsync(CancellationToken.None))
        {
            while (batch.Count < _bulk && _entries.Reader.TryRead(out Entry? entry))
            {
                batch.Add(entry);
            }

            await SettleAsync(batch, abandon);
            batch.Clear();
        }
    }

    /// <summary>Nothing more comes.</summary>
    public void Complete() => _entries.Writer.TryComplete();

    private async Task SettleAsync(List<Entry> batch, CancellationToken abandon)
    {
        TimeSpan backOff = FirstBackOff;
        while (batch.Count > 0)
        {
            try
            {
                Finish(batch, await store.SettleAsync([.. batch.Select(e => e.Settlement)], CancellationToken.None));
                return;
            }
            catch (Exception e)
            {
                // Whatever it is, the lease bounds how long it is tried; then the sweep takes the run back.
                LogNotSettled(logger, batch.Count, e);
                await WaitAsync(backOff, abandon);
                backOff = backOff * 2 < LongestBackOff ? backOff * 2 : LongestBackOff;
                GiveUp(batch, abandon.IsCancellationRequested);
            }
        }
    }

    private void Finish(List<Entry> batch, IReadOnlyList<bool> accepted)
    {
        for (int i = 0; i < batch.Count; i++)
        {
            metrics.Settled(batch[i].Run.Run.Function.App, batch[i].Settlement, accepted[i]);
            batch[i].Done.TrySetResult(accepted[i]);
        }
    }

    private void GiveUp(List<Entry> batch, bool all) => batch.RemoveAll(entry =>
    {
        bool lost = all || time.GetElapsedTime(entry.Run.RenewedAt) >= _lease;
        if (lost)
        {
            metrics.SettlementLost(entry.Run.Run.Function.App);
            entry.Done.TrySetResult(false);
        }

        return lost;
    });

    private async Task WaitAsync(TimeSpan backOff, CancellationToken abandon)
    {
        try
        {
            await Task.Delay(backOff, time, abandon);
        }
        catch (OperationCanceledException)
        {
            // The entries are given up next.
        }
    }

    private sealed record Entry(HeldRun Run, Settlement Settlement, TaskCompletionSource<bool> Done);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} attempts could not be settled yet")]
    private static partial void LogNotSettled(ILogger logger, int count, Exception exception);
}
