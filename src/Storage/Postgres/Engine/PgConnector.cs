using InterCluster.Core;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace InterCluster.Storage.Postgres.Engine;

/// <summary>
/// Opens connections, all with the same settings, and remembers when the database was away: then nobody tries for a second, so that callers are told
/// at once instead of one after the other waiting for a connection that does not come.
/// </summary>
internal sealed partial class PgConnector : IDisposable
{
    /// <summary>Our tables, apart from whatever else is in the database.</summary>
    public const string Schema = "intercluster";

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // Every statement here has an index for every row that it wants, in the order in which it wants them: a plan made while a table was empty must not read
    // it through, or sort it, when it is full. For the same reason a guard on the state is written "state + 0" where the row is found by its id: no partial
    // index is mistaken for a shorter way.
    private const string Settings =
        $"-c search_path={Schema} -c synchronous_commit=on -c jit=off -c work_mem=32MB -c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off "
        + "-c enable_mergejoin=off -c enable_sort=off -c enable_incremental_sort=off -c enable_bitmapscan=off -c default_transaction_isolation=read\\ committed";

    private readonly NpgsqlDataSource _source;
    private readonly PostgresOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private long _downSince; // A timestamp; 0 while the database answers.
    private int _failing;
    private int _generation;

    public PgConnector(PostgresOptions options, TimeProvider time, ILogger logger)
    {
        (_time, _logger) = (time, logger);
        _source = NpgsqlDataSource.Create(ConnectionString(options));
        _options = options;
    }

    public FunctionDirectory Functions { get; } = new();

    /// <summary>Counts the times at which all connections were found broken.</summary>
    public int Generation => Volatile.Read(ref _generation);

    /// <summary>Opens a connection; fails at once while the database is known to be away.</summary>
    public PgSession Open()
    {
        long down = Volatile.Read(ref _downSince);
        if (down != 0 && _time.GetElapsedTime(down) < Pause)
        {
            throw new StoreUnavailableException("The database does not answer.", null);
        }

        int generation = Generation;
        try
        {
            NpgsqlConnection connection = _source.OpenConnection();
            Volatile.Write(ref _downSince, 0);
            return new PgSession(connection, Functions, generation);
        }
        catch (Exception e) when (!PostgresFailure.IsOfOneOperation(e))
        {
            Volatile.Write(ref _downSince, Math.Max(1, _time.GetTimestamp()));
            Report(e);
            throw;
        }
    }

    /// <summary>A session that is fit for use: this one, or another when it is broken or was opened before the database went away.</summary>
    public PgSession Renew(PgSession? session)
    {
        if (session is { IsOpen: true } && session.Generation == Generation)
        {
            return session;
        }

        session?.Dispose();
        return Open();
    }

    /// <summary>A connection has broken: the others are most likely broken too, and are opened anew before their next use.</summary>
    public void Broken()
    {
        Interlocked.Increment(ref _generation);
        _source.Clear();
    }

    /// <summary>Logs a failure that is not of one call; the first one until the database answers again.</summary>
    public void Report(Exception failure)
    {
        if (Interlocked.Exchange(ref _failing, 1) == 0)
        {
            WentAway(failure);
        }
    }

    public void Answered()
    {
        if (Volatile.Read(ref _failing) != 0 && Interlocked.Exchange(ref _failing, 0) != 0)
        {
            IsBack();
        }
    }

    /// <summary>Says so when the database does not keep this server's role to the rows of a project.</summary>
    public void CheckRole(PgSession session)
    {
        using NpgsqlCommand ask = session.Command("select rolsuper or rolbypassrls from pg_roles where rolname = current_user");
        if (ask.ExecuteScalar() is true)
        {
            IsAboveRowSecurity();
        }
    }

    /// <summary>Connections apart from the others, with a time limit of their own and plans as the tables ask for them.</summary>
    public NpgsqlDataSource NewSource(TimeSpan limit)
    {
        int seconds = (int)Math.Ceiling(limit.TotalSeconds);
        return NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(ConnectionString(_options))
        {
            Timeout = seconds,
            CommandTimeout = seconds,
            Pooling = false,
            Options = $"-c search_path={Schema} -c intercluster.project={ProjectScope.Everything.Value} -c jit=off -c statement_timeout={(long)limit.TotalMilliseconds}",
        });
    }

    public void Dispose() => _source.Dispose();

    private static string ConnectionString(PostgresOptions options)
    {
        var settings = new NpgsqlConnectionStringBuilder(options.ConnectionString)
        {
            Timeout = (int)Math.Ceiling(options.ConnectTimeout.TotalSeconds),
            CommandTimeout = (int)Math.Ceiling(options.CommandTimeout.TotalSeconds),
            CancellationTimeout = 1000,
            MaxAutoPrepare = 100,
            AutoPrepareMinUsages = 2,
            NoResetOnClose = true,
            Enlist = false,
            Pooling = true,
            MaxPoolSize = 100,
            MinPoolSize = 0,
            KeepAlive = 0,
            TcpKeepAlive = true,
            IncludeErrorDetail = false,
        };
        settings.ApplicationName ??= "intercluster";
        settings.Options = $"{settings.Options} {Settings} -c statement_timeout={(long)options.CommandTimeout.TotalMilliseconds}".Trim();
        return settings.ConnectionString;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The database cannot be used; calls are refused until it can. It is tried again with every call, at most once a second.")]
    private partial void WentAway(Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The database's role is a superuser or bypasses row-level security: a statement that forgets its project would not be stopped. Use a role that only owns the database.")]
    private partial void IsAboveRowSecurity();

    [LoggerMessage(Level = LogLevel.Information, Message = "The database is back.")]
    private partial void IsBack();
}
