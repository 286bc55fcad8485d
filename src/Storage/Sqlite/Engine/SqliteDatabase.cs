using InterCluster.Storage.Events;
using InterCluster.Storage.GroupCommit;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace InterCluster.Storage.Sqlite.Engine;

/// <summary>The open data file: the writer, the readers and what is kept in memory beside them. Made before anything uses it, disposed last.</summary>
internal sealed class SqliteDatabase : IDisposable
{
    private readonly DataFolder _folder;
    private readonly StoreClock _clock;
    private readonly SqliteWriter _writer;
    private readonly SqliteReaders _readers;

    public SqliteDatabase(IOptions<StorageOptions> options, TimeProvider time, StorageMetrics metrics, ILogger<SqliteDatabase> logger)
    {
        Options = options.Value;
        Events = new RunEvents(logger);
        _clock = new StoreClock(time);
        _folder = DataFolder.Open(Options.DataFolder);
        try
        {
            var queue = new WorkQueue<WriteOperation>(Options.SubmitQueueLimit, Options.SubmitQueueBytes);
            metrics.Watch(() => queue.Operations);
            _writer = new SqliteWriter(queue, OpenFirst(), OpenSession, Publish, new WriterTelemetry(metrics, time, logger));
            _readers = new SqliteReaders(_folder.File, Options.Readers);
        }
        catch
        {
            _folder.Dispose();
            throw;
        }
    }

    public StorageOptions Options { get; }

    public RunEvents Events { get; }

    /// <summary>The time, by the wall clock, in microseconds.</summary>
    public long Now => _clock.Now;

    public DepthCounters Depths { get; } = new();

    public ValueTask<T> WriteAsync<T>(Func<WriteSession, T> apply, WorkCost cost, CancellationToken ct) => _writer.WriteAsync(apply, cost, ct);

    public ValueTask<T> WriteAsync<T>(Func<WriteSession, T> apply, CancellationToken ct) => _writer.WriteAsync(apply, WorkCost.One, ct);

    public ValueTask<T> ReadAsync<T>(Func<SqliteSession, T> read, CancellationToken ct) => _readers.ReadAsync(read, ct);

    // The writer goes last: it is the one that may copy the whole WAL into the data file as it closes.
    public void Dispose()
    {
        _readers.Dispose();
        _writer.Dispose();
        _folder.Dispose();
    }

    private WriteSession OpenFirst()
    {
        using (SqliteSession session = SqliteSession.OpenWriter(_folder.File))
        {
            Migrator.Migrate(session);

            // Whoever held these leases ended with the process before this one: the folder's lock says so. The sweep need not wait for them.
            session.Execute("update runs set lease_until = 0 where state = 2");

            // Nor has any upload outlived it.
            session.Execute("update batches set state = 2, closed_at = updated_at where state = 0");

            // Deliveries that were being sent may have arrived: they are sent again, now.
            session.Execute("update webhook_deliveries indexed by webhooks_leased set leased = 0, due_at = 0 where leased = 1");
        }

        return OpenSession();
    }

    private WriteSession OpenSession()
    {
        SqliteSession session = SqliteSession.OpenWriter(_folder.File);
        try
        {
            var write = new WriteSession(session, _clock);
            Depths.Load(session, write.Functions);
            return write;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    private void Publish(WriteSession session)
    {
        Depths.Apply(session.Effects.Changes, session.Functions);
        Events.Raise(session.Effects.Finished, session.Effects.CancelRequested);
        if (session.DeliveriesDue)
        {
            Events.RaiseDeliveriesDue();
        }
    }
}
