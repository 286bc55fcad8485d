using InterCluster.Api.Runs;
using InterCluster.Core;
using InterCluster.Core.Batches;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;

namespace InterCluster.Api.Batches;

/// <summary>
/// Gathers the lines of an upload into slices and stores them, one at a time: while a slice is on its way to the disk the next one fills up, and when that is
/// full, reading waits. So an upload holds two slices in memory however long it is, and a slice is as large as the disk is slow.
/// </summary>
internal sealed class BatchWriter(BatchInfo batch, IBatchStore store, IRunAnnouncer announcer, RunMetrics metrics, TimeProvider time)
{
    public const int MaxRejectedShown = 1000;
    private const int MaxRuns = 2048;
    private const long MaxBytes = 4 << 20;
    private const int MaxTries = 6;
    private static readonly TimeSpan FirstBackOff = TimeSpan.FromMilliseconds(50);

    private readonly List<RejectedLineView> _rejected = [];
    private List<NewRun> _runs = [];
    private long _bytes;
    private int _rejectedInSlice;
    private Task<bool>? _storing;

    /// <summary>The first bad lines.</summary>
    public IReadOnlyList<RejectedLineView> Rejected => _rejected;

    /// <summary>True: no more fits until <see cref="StoreAsync"/>.</summary>
    public bool IsFull => _runs.Count >= MaxRuns || _bytes >= MaxBytes || _rejectedInSlice >= MaxRuns;

    /// <summary>True: there is something to store.</summary>
    public bool HasAny => _runs.Count + _rejectedInSlice > 0;

    public void Add(NewRun run)
    {
        _runs.Add(run);
        _bytes += run.Request.Body.Length + run.Request.PathAndQuery.Length;
    }

    public void Reject(long line, LineError error)
    {
        _rejectedInSlice++;
        Show(line, error);
    }

    /// <summary>
    /// Begins to store what has been gathered, once the slice before is stored; with <paramref name="close"/>, ends when it is on disk. False: the batch takes
    /// no more from this upload. Throws <see cref="StoreUnavailableException"/> when the store stays away.
    /// </summary>
    public async ValueTask<bool> StoreAsync(long lines, ReadOnlyMemory<byte> digest, BatchState? close)
    {
        if (_storing is not null && !await _storing)
        {
            return false;
        }

        var slice = new BatchSlice
        {
            Batch = batch.Id, Upload = batch.Upload, Lines = lines, Digest = digest, Rejected = _rejectedInSlice, Runs = _runs, Close = close,
        };
        (_runs, _bytes, _rejectedInSlice) = (new List<NewRun>(_runs.Count), 0, 0);
        _storing = AppendAsync(slice);
        return close is null || await _storing;
    }

    private async Task<bool> AppendAsync(BatchSlice slice)
    {
        if (await TryAppendAsync(slice) is not { } outcomes)
        {
            return false;
        }

        bool ready = false;
        int accepted = 0;
        for (int i = 0; i < outcomes.Count; i++)
        {
            accepted += outcomes[i] == SubmitOutcome.Accepted ? 1 : 0;
            ready |= outcomes[i] == SubmitOutcome.Accepted && slice.Runs[i].RunAt is null;
            if (outcomes[i] == SubmitOutcome.Mismatch)
            {
                Show(slice.Runs[i].Line, new LineError(LineCodes.IdempotencyMismatch, "The idempotency_key was used with another request to this function."));
            }
        }

        if (ready)
        {
            announcer.AnnounceSome(batch.Function);
        }

        metrics.Submitted(batch.Function.App, "accepted", accepted);
        metrics.Submitted(batch.Function.App, "rejected", slice.Rejected);
        return true;
    }

    // A store that is full for a moment makes the upload slower, not fail. What was committed unseen is told by the line up to which the batch is stored.
    private async Task<IReadOnlyList<SubmitOutcome>?> TryAppendAsync(BatchSlice slice)
    {
        TimeSpan backOff = FirstBackOff;
        for (int tried = 1; ; tried++)
        {
            try
            {
                return tried > 1 && await IsStoredAsync(slice)
                    ? [.. slice.Runs.Select(_ => SubmitOutcome.Accepted)]
                    : await store.AppendAsync(slice, CancellationToken.None);
            }
            catch (StoreUnavailableException) when (tried < MaxTries)
            {
                await Task.Delay(backOff, time);
                backOff *= 2;
            }
        }
    }

    private async Task<bool> IsStoredAsync(BatchSlice slice)
    {
        BatchInfo? now = await store.GetAsync(batch.Function.App.Project, batch.Id, CancellationToken.None);
        return now is not null && now.Upload == slice.Upload && (slice.Close is { } end ? now.State == end : now.Lines == slice.Lines);
    }

    private void Show(long line, LineError error)
    {
        lock (_rejected)
        {
            if (_rejected.Count < MaxRejectedShown)
            {
                _rejected.Add(new RejectedLineView(line, error.Code, error.Detail));
            }
        }
    }
}
