using InterCluster.Core;
using InterCluster.Storage.Events;
using InterCluster.Storage.GroupCommit;
using InterCluster.Storage.Postgres.Signals;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace InterCluster.Storage.Postgres.Engine;

/// <summary>
/// The database: its connections, the lanes for what goes alone (reads, commands), and what other servers tell of it. Made before anything uses it,
/// disposed last.
/// </summary>
internal sealed class PostgresDatabase : IDisposable
{
    private const int CommandThreads = 2;
    private const int MaxWaitingReads = 100_000;

    private readonly PgTelemetry _telemetry;
    private readonly PgLane<PgWork> _commands;
    private readonly PgLane<PgWork> _reads;
    private readonly Lock _migrating = new();
    private volatile bool _migrated;

    public PostgresDatabase(
        IOptions<StorageOptions> storage, IOptions<PostgresOptions> postgres, TimeProvider time, StorageMetrics metrics, ILogger<PostgresDatabase> logger)
    {
        (Storage, Postgres, Time) = (storage.Value, postgres.Value, time);
        Events = new RunEvents(logger);
        Connector = new PgConnector(Postgres, time, logger);
        Announcer = new SignalSender(Connector, logger);
        Listener = new SignalListener(Connector, Announcer.Sender, time, logger);
        Listener.Received += OnReceived;
        _telemetry = new PgTelemetry(metrics, time);
        _commands = LaneOfOnes("commands", CommandThreads, new PgLaneLimits(1, 0, Storage.SubmitQueueLimit, Storage.SubmitQueueBytes, QueueTime));
        _reads = LaneOfOnes("reads", Storage.Readers, new PgLaneLimits(1, 0, MaxWaitingReads, long.MaxValue / 4, QueueTime));
    }

    /// <summary>Another server, or this one, changed keys. Handlers must not block.</summary>
    public event Action? KeysChanged;

    /// <summary>Another server, or this one, changed apps. Handlers must not block.</summary>
    public event Action? CatalogChanged;

    /// <summary>Another server changed homes. Handlers must not block.</summary>
    public event Action? HomesChanged;

    public StorageOptions Storage { get; }

    public PostgresOptions Postgres { get; }

    public TimeProvider Time { get; }

    public RunEvents Events { get; }

    public PgConnector Connector { get; }

    public SignalSender Announcer { get; }

    public SignalListener Listener { get; }

    /// <summary>How long a call may wait for its turn.</summary>
    public TimeSpan QueueTime => Postgres.CommandTimeout;

    /// <summary>A lane whose groups are of all projects.</summary>
    public PgLane<TWork> Lane<TWork>(string name, int threads, PgLaneLimits limits, Action<PgSession, List<TWork>> apply)
        where TWork : PgWork => new(name, threads, limits, Connector, (session, group) => ApplyToAll(session, group, apply), Publish, _telemetry);

    /// <summary>A change that goes alone, in a transaction (or several) of its own.</summary>
    public ValueTask<T> ChangeAsync<T>(ProjectScope scope, Func<PgSession, T> change, CancellationToken ct) =>
        _commands.AddAsync(new PgCommand<T>(scope, change, ct));

    public ValueTask<T> ReadAsync<T>(ProjectScope scope, Func<PgSession, T> read, CancellationToken ct) =>
        _reads.AddAsync(new PgCommand<T>(scope, read, ct));

    public void Dispose()
    {
        _reads.Dispose();
        _commands.Dispose();
        Listener.Dispose();
        Announcer.Dispose();
        Connector.Dispose();
    }

    // Each call of its own project.
    private PgLane<PgWork> LaneOfOnes(string name, int threads, PgLaneLimits limits) => new(name, threads, limits, Connector, ApplyOne, Publish, _telemetry);

    private void ApplyToAll<TWork>(PgSession session, List<TWork> group, Action<PgSession, List<TWork>> apply)
    {
        EnsureMigrated(session);
        session.Enter(ProjectScope.Everything);
        apply(session, group);
    }

    private void ApplyOne(PgSession session, List<PgWork> group)
    {
        EnsureMigrated(session);
        ((IPgCommand)group[0]).Apply(session);
    }

    private void EnsureMigrated(PgSession session)
    {
        if (!_migrated)
        {
            MigrateOnce(session);
        }
    }

    // With the first use rather than with the start: a database that is away then is one that is away, and nothing else.
    private void MigrateOnce(PgSession session)
    {
        lock (_migrating)
        {
            if (!_migrated)
            {
                try
                {
                    session.Enter(ProjectScope.Everything);
                    Migrator.Migrate(session);
                }
                catch (InvalidOperationException e) when (e is not ObjectDisposedException)
                {
                    throw new StoreUnavailableException(e.Message, e);
                }

                Connector.CheckRole(session);
                _migrated = true;
                Listener.Start();
            }
        }
    }

    private void Publish(PgEffects effects)
    {
        Events.Raise(effects.Finished, effects.CancelRequested);
        Announcer.Send(effects);
        Tell(effects.CatalogChanged, effects.KeysChanged, effects.DeliveriesDue);
    }

    private void OnReceived(Signal signal)
    {
        Events.Raise(signal.Finished, signal.CancelRequested);
        Tell(signal.CatalogChanged, signal.KeysChanged, signal.DeliveriesDue);
        if (signal.HomesChanged)
        {
            HomesChanged?.Invoke();
        }
    }

    private void Tell(bool catalog, bool keys, bool deliveries)
    {
        if (deliveries)
        {
            Events.RaiseDeliveriesDue();
        }

        if (catalog)
        {
            CatalogChanged?.Invoke();
        }

        if (keys)
        {
            KeysChanged?.Invoke();
        }
    }
}
