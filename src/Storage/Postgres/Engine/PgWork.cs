using InterCluster.Storage.GroupCommit;

namespace InterCluster.Storage.Postgres.Engine;

/// <summary>A call that waits for a connection. It may be applied more than once (alone, after its group failed); the last one counts.</summary>
internal abstract class PgWork(WorkCost cost) : IWork
{
    public WorkCost Cost { get; } = cost;

    /// <summary>Its timestamp in the queue: one that has waited too long is not begun.</summary>
    public long QueuedAt { get; set; }

    /// <summary>False for a caller that went away while it waited: no change is made for it.</summary>
    public abstract bool IsWanted();

    /// <summary>The change is on disk.</summary>
    public abstract void Complete();

    public abstract void Fail(Exception failure);
}

internal abstract class PgWork<T>(WorkCost cost, CancellationToken ct) : PgWork(cost)
{
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<T> Task => _done.Task;

    /// <summary>The answer, once the change is on disk.</summary>
    public T? Result { get; set; }

    public override bool IsWanted()
    {
        if (ct.IsCancellationRequested)
        {
            _done.TrySetCanceled(ct);
        }

        return !_done.Task.IsCompleted;
    }

    public override void Complete() => _done.TrySetResult(Result!);

    public override void Fail(Exception failure) => _done.TrySetException(PostgresFailure.ForCaller(failure));
}

/// <summary>A change or a read that goes alone.</summary>
internal sealed class PgCommand<T>(ProjectScope scope, Func<PgSession, T> apply, CancellationToken ct) : PgWork<T>(WorkCost.One, ct), IPgCommand
{
    public void Apply(PgSession session)
    {
        session.Enter(scope);
        Result = apply(session);
    }
}

internal interface IPgCommand
{
    void Apply(PgSession session);
}
