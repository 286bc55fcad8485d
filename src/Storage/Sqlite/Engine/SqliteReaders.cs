using InterCluster.Core;
using InterCluster.Storage.GroupCommit;
using Microsoft.Data.Sqlite;

namespace InterCluster.Storage.Sqlite.Engine;

/// <summary>A few threads that read, each on its own connection; the writer and they never wait for each other.</summary>
internal sealed class SqliteReaders : IDisposable
{
    private const int MaxWaiting = 100_000;
    private readonly WorkQueue<ReadOperation> _queue = new(MaxWaiting, long.MaxValue / 2);
    private readonly string _file;
    private readonly Thread[] _threads;

    public SqliteReaders(string file, int count)
    {
        _file = file;
        _threads = [.. Enumerable.Range(1, count).Select(n => new Thread(Work) { Name = $"storage reader {n}", IsBackground = true })];
        Array.ForEach(_threads, thread => thread.Start());
    }

    /// <summary>Queues a read of what is committed when it begins. The token counts until then.</summary>
    public ValueTask<T> ReadAsync<T>(Func<SqliteSession, T> read, CancellationToken ct)
    {
        if (ct.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<T>(ct);
        }

        var operation = new ReadOperation<T>(read, ct);
        return _queue.TryAdd(operation)
            ? new ValueTask<T>(operation.Task)
            : ValueTask.FromException<T>(new StoreUnavailableException("The store takes no more reads: it is closing, or too many wait.", null));
    }

    public void Dispose()
    {
        _queue.Close();
        Array.ForEach(_threads, thread => thread.Join());
    }

    private void Work()
    {
        var group = new List<ReadOperation>();
        SqliteSession? session = null;
        while (_queue.Take(group, maxOperations: 1, maxBytes: 0))
        {
            if (!Read(group[0], ref session))
            {
                session?.Dispose();
                session = null;
            }

            group.Clear();
        }

        session?.Dispose();
    }

    // False: the connection is to be opened anew.
    private bool Read(ReadOperation operation, ref SqliteSession? session)
    {
        try
        {
            session ??= SqliteSession.OpenReader(_file);
            operation.Run(session);
            return true;
        }
#pragma warning disable CA1031 // Whatever it is, the caller has to be told and the thread has to go on.
        catch (Exception e)
#pragma warning restore CA1031
        {
            operation.Fail(e);
            return e is not SqliteException;
        }
    }

    private abstract class ReadOperation : IWork
    {
        public WorkCost Cost => WorkCost.One;

        public abstract void Run(SqliteSession session);

        public abstract void Fail(Exception failure);
    }

    private sealed class ReadOperation<T>(Func<SqliteSession, T> read, CancellationToken ct) : ReadOperation
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<T> Task => _done.Task;

        public override void Run(SqliteSession session)
        {
            if (ct.IsCancellationRequested)
            {
                _done.TrySetCanceled(ct);
                return;
            }

            _done.TrySetResult(read(session));
        }

        public override void Fail(Exception failure) => _done.TrySetException(SqliteFailure.ForCaller(failure));
    }
}
