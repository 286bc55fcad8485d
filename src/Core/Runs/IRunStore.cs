using InterCluster.Core.Naming;

namespace InterCluster.Core.Runs;

/// <summary>
/// The durable record of runs: the truth. Every transition is one guarded update. Concurrent calls of one kind are committed together
/// (group commit), and a task completes only when its change is on disk. Continuations never run on the store's own threads.
/// Fails with <see cref="StoreUnavailableException"/> when the store cannot commit; nothing is known of the change then.
/// </summary>
public interface IRunStore
{
    /// <summary>
    /// Stores a run as <see cref="RunState.Queued"/>, or <see cref="RunState.Scheduled"/> with a future <see cref="NewRun.RunAt"/>.
    /// With an idempotency key that is in force, the run of that key is returned instead.
    /// </summary>
    ValueTask<SubmitResult> SubmitAsync(NewRun run, CancellationToken ct);

    /// <summary>
    /// Moves those of the runs that are <see cref="RunState.Queued"/> to <see cref="RunState.Running"/>: attempt + 1, lease + 1, held until
    /// now + <paramref name="lease"/>. The others, and those past their <see cref="RunInfo.ExpiresAt"/>, are left out of the answer.
    /// </summary>
    ValueTask<IReadOnlyList<ClaimedRun>> ClaimAsync(IReadOnlyList<RunId> ids, string worker, TimeSpan lease, CancellationToken ct);

    /// <summary>
    /// Claims the next <see cref="RunState.Queued"/> runs of a function, in the order in which they are to be taken (<see cref="PriorityLanes"/>), at
    /// most <paramref name="limit"/>; as <see cref="ClaimAsync"/> otherwise. Its cost must not grow with the length of the queue. Fewer than
    /// <paramref name="limit"/> means that nothing else was ready.
    /// </summary>
    ValueTask<IReadOnlyList<ClaimedRun>> ClaimNextAsync(FunctionId function, int limit, string worker, TimeSpan lease, CancellationToken ct);

    /// <summary>Settles attempts; the answer says, in the same order, which were accepted. A late one changes nothing.</summary>
    ValueTask<IReadOnlyList<bool>> SettleAsync(IReadOnlyList<Settlement> settlements, CancellationToken ct);

    /// <summary>Extends leases to now + <paramref name="lease"/>; the answer says which are still held. A lease that has expired is not renewed.</summary>
    ValueTask<IReadOnlyList<bool>> RenewAsync(IReadOnlyList<LeaseRef> leases, TimeSpan lease, CancellationToken ct);

    /// <summary>
    /// One pass of the sweep, bounded by <paramref name="limit"/> runs of each kind: scheduled and queued runs past their <see cref="RunInfo.ExpiresAt"/>
    /// become dead (<see cref="RunErrors.Expired"/>); due scheduled runs become queued; running runs with an expired
    /// lease go back to queued with crashes + 1 (attempt not counted back), or to <see cref="RunState.Dead"/> (<see cref="RunErrors.WorkerLost"/>) when
    /// <paramref name="maxCrashes"/> or their attempts are used up. Batches whose upload has been silent for
    /// <see cref="Batches.BatchRules.UploadSilence"/> become interrupted.
    /// </summary>
    ValueTask<SweepResult> SweepAsync(int maxCrashes, int limit, CancellationToken ct);

    /// <summary>The run; null when the project has none of this id.</summary>
    ValueTask<RunInfo?> GetAsync(string project, RunId id, CancellationToken ct);

    /// <summary>The call of a run, as it was submitted; null when the project has none of this id.</summary>
    ValueTask<RunRequest?> GetRequestAsync(string project, RunId id, CancellationToken ct);

    /// <summary>The last answer of the function; null when there is none.</summary>
    ValueTask<RunResponse?> GetResponseAsync(string project, RunId id, CancellationToken ct);

    /// <summary>
    /// A page of runs, newest first. With a tag or a batch in the filter a page may hold fewer than <paramref name="limit"/> although there are more: each
    /// looks at a bounded number of runs. Go on while <see cref="RunPage.Next"/> is set.
    /// </summary>
    ValueTask<RunPage> ListAsync(RunFilter filter, RunId? before, int limit, CancellationToken ct);

    /// <summary>
    /// Cancels runs, all in one commit: in the same order the state before, or null where the project has no such run. A terminal run is left as it is.
    /// </summary>
    ValueTask<IReadOnlyList<RunState?>> CancelAsync(string project, IReadOnlyList<RunId> ids, CancellationToken ct);

    /// <summary>
    /// Failed and dead runs become queued again with a fresh budget of attempts and a fresh age, all in one commit; any other state is left. In the same
    /// order the state before, or null where the project has no such run.
    /// </summary>
    ValueTask<IReadOnlyList<RunState?>> ReplayAsync(string project, IReadOnlyList<RunId> ids, CancellationToken ct);

    /// <summary>Ends every run of an app that is not terminal and not running as failed (<see cref="RunErrors.AppNotFound"/>); how many.</summary>
    ValueTask<int> FailAppAsync(AppId app, CancellationToken ct);

    /// <summary>How many runs of each function are in each state that is not terminal. Read every second: its cost must not grow with the queues.</summary>
    ValueTask<IReadOnlyList<FunctionDepth>> DepthsAsync(CancellationToken ct);

    /// <summary>Raised after commits that made runs terminal. Handlers must not block.</summary>
    event Action<IReadOnlyList<RunId>>? Finished;

    /// <summary>Raised after a commit that cancelled a running run: its worker aborts the call. Handlers must not block.</summary>
    event Action<RunId>? CancelRequested;
}

/// <summary>What became of a submission.</summary>
/// <param name="Id">The run: the new one, or that of the idempotency key.</param>
/// <param name="Outcome">Which.</param>
public readonly record struct SubmitResult(RunId Id, SubmitOutcome Outcome);

/// <summary>What became of a submission.</summary>
public enum SubmitOutcome : byte
{
    /// <summary>A new run was stored.</summary>
    Accepted,

    /// <summary>The key was used with the same request: its run is returned.</summary>
    Duplicate,

    /// <summary>The key was used with another request.</summary>
    Mismatch,
}

/// <summary>A lease that a worker holds.</summary>
/// <param name="Id">The run.</param>
/// <param name="Lease">The lease's number.</param>
public readonly record struct LeaseRef(RunId Id, long Lease);

/// <summary>What a pass of the sweep did.</summary>
/// <param name="Due">Scheduled runs that became queued.</param>
/// <param name="Expired">Runs taken back from workers that lost their lease.</param>
/// <param name="Dead">Runs that died with their workers too often.</param>
/// <param name="Ready">What is now ready, to be announced.</param>
public sealed record SweepResult(int Due, int Expired, int Dead, IReadOnlyList<ReadyRuns> Ready)
{
    /// <summary>Runs that grew too old before they could start.</summary>
    public int TooOld { get; init; }

    /// <summary>When the next scheduled run is due, or the next waiting run too old; null: none, or not known. The sweep comes back by then.</summary>
    public DateTimeOffset? NextDue { get; init; }
}

/// <summary>Ready runs of one function.</summary>
/// <param name="Function">The function.</param>
/// <param name="Ids">The runs.</param>
public sealed record ReadyRuns(FunctionId Function, IReadOnlyList<RunId> Ids);

/// <summary>Which runs to list; null: any.</summary>
/// <param name="Project">The project: always.</param>
/// <param name="App">The app.</param>
/// <param name="Function">The function.</param>
/// <param name="State">The state.</param>
/// <param name="From">Accepted at or after.</param>
/// <param name="To">Accepted before.</param>
public sealed record RunFilter(
    string Project, string? App = null, string? Function = null, RunState? State = null, DateTimeOffset? From = null, DateTimeOffset? To = null)
{
    /// <summary>Of this batch.</summary>
    public BatchId? Batch { get; init; }

    /// <summary>With this tag.</summary>
    public string? Tag { get; init; }
}

/// <summary>A page of runs.</summary>
/// <param name="Runs">The runs, newest first.</param>
/// <param name="Next">The last id, when there may be more; else null.</param>
public sealed record RunPage(IReadOnlyList<RunInfo> Runs, RunId? Next);

/// <summary>The depth of a function's queue, in runs.</summary>
/// <param name="Function">The function.</param>
/// <param name="Scheduled">Waiting for their time.</param>
/// <param name="Queued">Ready.</param>
/// <param name="Running">Claimed.</param>
public readonly record struct FunctionDepth(FunctionId Function, long Scheduled, long Queued, long Running);
