using InterCluster.Storage.Postgres.Engine;
using Microsoft.Extensions.Logging;
using NpgsqlTypes;

namespace InterCluster.Storage.Postgres.Signals;

/// <summary>
/// Tells the other servers what was committed here. Apart from the commits themselves: a notification makes a transaction wait for every other that
/// notifies, and hundreds of ids go in one. What is lost with this process, or while the database is away, is found by whoever looks: a worker loses
/// its lease, a caller that waits reads the run when its time is up, apps and keys are read again every few seconds.
/// </summary>
internal sealed partial class SignalSender : IDisposable
{
    public const string Channel = "intercluster";

    private const string Notify = $"select pg_notify('{Channel}', text) from unnest($1) as given (text)";

    // Ids that wait to be told; beyond, the oldest are of no use to anybody any more.
    private const int MaxWaiting = 100_000;

    private readonly PgConnector _connector;
    private readonly ILogger _logger;
    private readonly Thread _thread;
    private readonly object _gate = new(); // Guards the rest; a Monitor, because the thread waits on it.
    private PgEffects _waiting = new();
    private bool _closed;

    public SignalSender(PgConnector connector, ILogger logger)
    {
        (_connector, _logger) = (connector, logger);
        _thread = new Thread(Work) { Name = "storage signals out", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Names this process's signals, so that it does not listen to itself.</summary>
    public string Sender { get; } = Guid.NewGuid().ToString("N")[..12];

    public void Send(PgEffects effects)
    {
        if (effects.IsEmpty)
        {
            return;
        }

        lock (_gate)
        {
            if (_waiting.Finished.Count < MaxWaiting)
            {
                _waiting.Finished.AddRange(effects.Finished);
                _waiting.CancelRequested.AddRange(effects.CancelRequested);
            }

            _waiting.CatalogChanged |= effects.CatalogChanged;
            _waiting.KeysChanged |= effects.KeysChanged;
            _waiting.DeliveriesDue |= effects.DeliveriesDue;
            _waiting.HomesChanged |= effects.HomesChanged;
            Monitor.Pulse(_gate);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.Pulse(_gate);
        }

        _thread.Join();
    }

    private void Work()
    {
        PgSession? session = null;
        while (Take() is { } signal)
        {
            try
            {
                session = _connector.Renew(session);
                session.Run("set synchronous_commit = off");
                session.Run(Notify, Pg.Array(signal.Encode().ToArray(), NpgsqlDbType.Text));
            }
#pragma warning disable CA1031 // Whatever it is: signals are a help, and the thread has to go on.
            catch (Exception e)
#pragma warning restore CA1031
            {
                NotTold(e);
                session?.Dispose();
                session = null;
            }
        }

        session?.Dispose();
    }

    private Signal? Take()
    {
        lock (_gate)
        {
            while (!_closed && _waiting.IsEmpty)
            {
                Monitor.Wait(_gate);
            }

            if (_waiting.IsEmpty)
            {
                return null;
            }

            PgEffects taken = _waiting;
            _waiting = new PgEffects();
            return new Signal(Sender)
            {
                Finished = taken.Finished, CancelRequested = taken.CancelRequested, CatalogChanged = taken.CatalogChanged, KeysChanged = taken.KeysChanged,
                DeliveriesDue = taken.DeliveriesDue, HomesChanged = taken.HomesChanged,
            };
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The other servers could not be told of what was committed here; they will find it.")]
    private partial void NotTold(Exception exception);
}
