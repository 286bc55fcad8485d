using InterCluster.Core;
using InterCluster.Core.Failures;
using InterCluster.Storage.GroupCommit;

namespace InterCluster.Storage.Sqlite.Engine;

/// <summary>
/// The one thread that writes. Each flush takes all that waits, applies it in one transaction and commits it with one sync; the next begins
/// as this one ends, so a group is as large as the disk is slow.
/// </summary>
internal sealed partial class SqliteWriter : IDisposable
{
    // Bound the time of one flush, and with it the wait of everybody in the next.
    private const int MaxGroupOperations = 4096;
    private const long MaxGroupBytes = 16L << 20;

    private readonly WorkQueue<WriteOperation> _queue;
    private readonly Func<WriteSession> _open;
    private readonly Action<WriteSession> _committed;
    private readonly WriterTelemetry _telemetry;
    private readonly Thread _thread;
    private WriteSession? _session; // The thread's own; null while the file cannot be opened again.

    /// <param name="queue">Where the work comes from.</param>
    /// <param name="session">The open connection.</param>
    /// <param name="open">Opens another one after a failure.</param>
    /// <param name="committed">Told, on this thread, of each group's effects before its callers are answered.</param>
    /// <param name="telemetry">Measures and logs.</param>
    public SqliteWriter(
        WorkQueue<WriteOperation> queue, WriteSession session, Func<WriteSession> open, Action<WriteSession> committed, WriterTelemetry telemetry)
    {
        (_queue, _session, _open, _committed, _telemetry) = (queue, session, open, committed, telemetry);
        _thread = new Thread(Work) { Name = "storage writer", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Queues a change; the task ends when it is on disk. The token counts until the change is taken up.</summary>
    public ValueTask<T> WriteAsync<T>(Func<WriteSession, T> apply, WorkCost cost, CancellationToken ct)
    {
        if (ct.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<T>(ct);
        }

        var operation = new WriteOperation<T>(apply, cost, ct);
        if (_queue.TryAdd(operation))
        {
            return new ValueTask<T>(operation.Task);
        }

        _telemetry.Refused();
        return ValueTask.FromException<T>(
            new StoreUnavailableException($"The store takes no more work: it is closing, or {_queue.Operations} changes wait for the disk.", null));
    }

    /// <summary>Commits what is queued, then closes.</summary>
    public void Dispose()
    {
        _queue.Close();
        _thread.Join();
    }

    private void Work()
    {
        var group = new List<WriteOperation>();
        while (_queue.Take(group, MaxGroupOperations, MaxGroupBytes))
        {
            Flush(group);
            group.Clear();
        }

        _session?.Dispose();
    }

    private void Flush(List<WriteOperation> group)
    {
        long start = _telemetry.Start();
        try
        {
            _session ??= _open();
            _session.Begin();
            if (!TryApplyTogether(_session, group))
            {
                ApplyEach(_session, group);
            }

            if (Failpoint.AreOn && group.Exists(operation => operation.Cost.IsNew))
            {
                Failpoint.Hit(FailurePoint.SubmissionWritten);
            }

            _session.Commit();
            _committed(_session);
        }
#pragma warning disable CA1031 // Whatever it is, the callers have to be told and the thread has to go on.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Fail(group, e);
            return;
        }

        _telemetry.Flushed(start, group.Count);
        foreach (WriteOperation operation in group)
        {
            operation.Committed();
        }
    }

    // Without a savepoint for each operation: they cost as much as the operations, and next to none fails.
    private static bool TryApplyTogether(WriteSession session, List<WriteOperation> group)
    {
        try
        {
            foreach (WriteOperation operation in group)
            {
                operation.Apply(session);
            }

            return true;
        }
        catch (Exception e) when (SqliteFailure.IsOfOneOperation(e))
        {
            session.Rollback();
            session.Begin();
            return false;
        }
    }

    private static void ApplyEach(WriteSession session, List<WriteOperation> group)
    {
        foreach (WriteOperation operation in group)
        {
            try
            {
                session.ApplyAlone(operation.Apply);
            }
            catch (Exception e) when (SqliteFailure.IsOfOneOperation(e))
            {
                operation.Fail(e);
            }
        }
    }

    private void Fail(List<WriteOperation> group, Exception failure)
    {
        _telemetry.Failed(failure, group.Count);
        Recover(failure);
        foreach (WriteOperation operation in group)
        {
            operation.Fail(SqliteFailure.Unavailable(failure));
        }
    }

    private void Recover(Exception failure)
    {
        try
        {
            _session?.Rollback();
            if (SqliteFailure.LeavesConnectionWhole(failure))
            {
                return;
            }
        }
#pragma warning disable CA1031 // The connection is given up: why it could not roll back adds nothing to the first failure.
        catch (Exception)
#pragma warning restore CA1031
        {
        }

        _session?.Dispose();
        _session = null;
    }
}
