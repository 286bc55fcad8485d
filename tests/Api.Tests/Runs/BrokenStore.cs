using InterCluster.Core;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;

namespace InterCluster.Api.Tests.Runs;

/// <summary>A store whose disk is full.</summary>
internal sealed class BrokenStore : IRunStore
{
    public event Action<IReadOnlyList<RunId>>? Finished
    {
        add { }
        remove { }
    }

    public event Action<RunId>? CancelRequested
    {
        add { }
        remove { }
    }

    public ValueTask<SubmitResult> SubmitAsync(NewRun run, CancellationToken ct) => Fail<SubmitResult>();

    public ValueTask<IReadOnlyList<ClaimedRun>> ClaimAsync(IReadOnlyList<RunId> ids, string worker, TimeSpan lease, CancellationToken ct) => Fail<IReadOnlyList<ClaimedRun>>();

    public ValueTask<IReadOnlyList<ClaimedRun>> ClaimNextAsync(FunctionId function, int limit, string worker, TimeSpan lease, CancellationToken ct) => Fail<IReadOnlyList<ClaimedRun>>();

    public ValueTask<IReadOnlyList<bool>> SettleAsync(IReadOnlyList<Settlement> settlements, CancellationToken ct) => Fail<IReadOnlyList<bool>>();

    public ValueTask<IReadOnlyList<bool>> RenewAsync(IReadOnlyList<LeaseRef> leases, TimeSpan lease, CancellationToken ct) => Fail<IReadOnlyList<bool>>();

    public ValueTask<SweepResult> SweepAsync(int maxCrashes, int limit, CancellationToken ct) => Fail<SweepResult>();

    public ValueTask<RunInfo?> GetAsync(string project, RunId id, CancellationToken ct) => Fail<RunInfo?>();

    public ValueTask<RunRequest?> GetRequestAsync(string project, RunId id, CancellationToken ct) => Fail<RunRequest?>();

    public ValueTask<RunResponse?> GetResponseAsync(string project, RunId id, CancellationToken ct) => Fail<RunResponse?>();

    public ValueTask<RunPage> ListAsync(RunFilter filter, RunId? before, int limit, CancellationToken ct) => Fail<RunPage>();

    public ValueTask<IReadOnlyList<RunState?>> CancelAsync(string project, IReadOnlyList<RunId> ids, CancellationToken ct) => Fail<IReadOnlyList<RunState?>>();

    public ValueTask<IReadOnlyList<RunState?>> ReplayAsync(string project, IReadOnlyList<RunId> ids, CancellationToken ct) => Fail<IReadOnlyList<RunState?>>();

    public ValueTask<int> FailAppAsync(AppId app, CancellationToken ct) => Fail<int>();

    public ValueTask<IReadOnlyList<FunctionDepth>> DepthsAsync(CancellationToken ct) => Fail<IReadOnlyList<FunctionDepth>>();

    private static ValueTask<T> Fail<T>() => ValueTask.FromException<T>(new StoreUnavailableException("The disk is full.", null));
}
