using InterCluster.Storage.GroupCommit;

namespace InterCluster.Storage.Sqlite.Engine;

/// <summary>A change that waits to be committed with its group. It may be applied twice (alone, after its group failed); the last one counts.</summary>
internal abstract class WriteOperation(WorkCost cost) : IWork
{
    public WorkCost Cost { get; } = cost;

    public abstract void Apply(WriteSession session);

    /// <summary>The group is on disk.</summary>
    public abstract void Committed();

    public abstract void Fail(Exception failure);
}

internal sealed class WriteOperation<T>(Func<WriteSession, T> apply, WorkCost cost, CancellationToken ct) : WriteOperation(cost)
{
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _result;

    public Task<T> Task => _done.Task;

    // A caller that went away while it waited in the queue leaves no change; later, the change stands.
    public override void Apply(WriteSession session)
    {
        if (ct.IsCancellationRequested)
        {
            _done.TrySetCanceled(ct);
        }

        if (!_done.Task.IsCompleted)
        {
            _result = apply(session);
        }
    }

    public override void Committed() => _done.TrySetResult(_result!);

    public override void Fail(Exception failure) => _done.TrySetException(SqliteFailure.ForCaller(failure));
}
