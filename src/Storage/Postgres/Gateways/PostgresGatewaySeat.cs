using InterCluster.Core.Gateways;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace InterCluster.Storage.Postgres.Gateways;

/// <summary>
/// The seat as an advisory lock of PostgreSQL, held by a connection of its own: it ends with the process, however that ends. A database that goes away takes
/// the lock along, and nobody can have it until it is back; then it is asked for again at once, and whoever finds it taken leaves. Whoever takes it from another
/// waits <see cref="Handover"/> first, in which the other learns of it.
/// </summary>
internal sealed partial class PostgresGatewaySeat : IGatewaySeat, IDisposable
{
    // "InterCl" and the number of the lock; the migrations have another.
    private const long Key = 0x496E746572436C02;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Handover = TimeSpan.FromSeconds(5);

    private readonly NpgsqlDataSource _source;
    private readonly TimeProvider _time;
    private readonly ILogger<PostgresGatewaySeat> _logger;
    private readonly CancellationTokenSource _lost = new();
    private readonly CancellationTokenSource _disposed = new();
    private readonly string _name = $"intercluster-gateway-{Guid.CreateVersion7():N}";
    private NpgsqlConnection? _connection;
    private Task _holding = Task.CompletedTask;

    public PostgresGatewaySeat(IOptions<PostgresOptions> options, TimeProvider time, ILogger<PostgresGatewaySeat> logger)
    {
        (_time, _logger) = (time, logger);
        _source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(options.Value.ConnectionString)
        {
            ApplicationName = _name,
            Pooling = false,
            Timeout = 3,
            CommandTimeout = 3,
            // A gateway whose machine is gone loses the seat within some 20 s.
            Options = "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3",
        });
    }

    /// <inheritdoc/>
    public CancellationToken Lost => _lost.Token;

    /// <inheritdoc/>
    public async Task TakeAsync(CancellationToken ct)
    {
        bool waited = false;
        while (!await TryTakeAsync(ct).ConfigureAwait(false))
        {
            if (!waited)
            {
                LogStandsBy();
                waited = true;
            }

            await Task.Delay(Pause, _time, ct).ConfigureAwait(false);
        }

        if (waited)
        {
            LogTakesOver();
            await Task.Delay(Handover, _time, ct).ConfigureAwait(false);
        }

        _holding = Task.Run(() => HoldAsync(_disposed.Token), CancellationToken.None);
    }

    public void Dispose()
    {
        _disposed.Cancel();
        _connection?.Dispose();
        _source.Dispose();
    }

    private async Task HoldAsync(CancellationToken ct)
    {
        try
        {
            while (true)
            {
                await Task.Delay(Pause, _time, ct).ConfigureAwait(false);
                if (!await HoldsAsync(ct).ConfigureAwait(false) && await IsTakenAsync(ct).ConfigureAwait(false))
                {
                    LogLost();
                    await _lost.CancelAsync().ConfigureAwait(false);
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
        }
    }

    private async Task<bool> HoldsAsync(CancellationToken ct)
    {
        try
        {
            await using var command = new NpgsqlCommand("select 1", _connection);
            await command.ExecuteScalarAsync(ct).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException or ObjectDisposedException && !ct.IsCancellationRequested)
        {
            return false;
        }
    }

    // True only when another has it: a database that does not answer has given it to nobody.
    private async Task<bool> IsTakenAsync(CancellationToken ct)
    {
        try
        {
            return !await TryTakeAsync(ct).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException && !ct.IsCancellationRequested)
        {
            return false;
        }
    }

    private async Task<bool> TryTakeAsync(CancellationToken ct)
    {
        if (_connection is { } broken)
        {
            _connection = null;
            await broken.DisposeAsync().ConfigureAwait(false);
        }

        NpgsqlConnection connection = await _source.OpenConnectionAsync(ct).ConfigureAwait(false);
        try
        {
            // A session of ours that the database has not yet found broken holds the lock against us.
            await RunAsync(connection, "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1 and pid <> pg_backend_pid()", _name, ct).ConfigureAwait(false);
            if (await RunAsync(connection, "select pg_try_advisory_lock($1)", Key, ct).ConfigureAwait(false) is true)
            {
                _connection = connection;
                return true;
            }
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        await connection.DisposeAsync().ConfigureAwait(false);
        return false;
    }

    private static async Task<object?> RunAsync<T>(NpgsqlConnection connection, string sql, T parameter, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new NpgsqlParameter<T> { TypedValue = parameter } } };
        return await command.ExecuteScalarAsync(ct).ConfigureAwait(false);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Another process is the gateway of this store; this one stands by")]
    private partial void LogStandsBy();

    [LoggerMessage(Level = LogLevel.Warning, Message = "The gateway of this store has gone; this process takes over")]
    private partial void LogTakesOver();

    [LoggerMessage(Level = LogLevel.Critical, Message = "Another process has become the gateway of this store; this one stops")]
    private partial void LogLost();
}
