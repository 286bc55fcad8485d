using System.Net.Sockets;
using InterCluster.Core;
using InterCluster.Core.Gateways;
using InterCluster.Core.Naming;
using InterCluster.Storage.Postgres.Engine;
using Npgsql;

namespace InterCluster.Storage.Postgres.Gateways;

/// <summary>
/// Leases and homes on a connection of their own: a renewal waits behind nothing, gives up sooner than others do, and hears what the database itself says
/// when it serves nobody.
/// </summary>
internal sealed class PostgresHomeStore : IHomeStore, IDisposable
{
    private readonly PostgresDatabase _database;
    private readonly LeaseTerms _terms;
    private readonly NpgsqlDataSource _source;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private PgSession? _session; // Under _turn.

    public PostgresHomeStore(PostgresDatabase database, LeaseTerms terms)
    {
        (_database, _terms) = (database, terms);
        _source = database.Connector.NewSource(limit: terms.RenewEvery);
        database.HomesChanged += OnChanged;
    }

    public event Action? Changed;

    public Task JoinAsync(GatewayMember self, bool takesOver, CancellationToken ct) => RunAsync(s => HomeCommands.JoinAs(s, self, takesOver, _terms), ct);

    public Task<GatewayView> RenewAsync(GatewayMember self, long since, CancellationToken ct) => RunAsync(s => HomeCommands.RenewAs(s, self, since, _terms), ct);

    public Task<IReadOnlyList<HomeClaim>> ClaimAsync(Guid gateway, IReadOnlyList<AppId> apps, CancellationToken ct) =>
        RunAsync(s => HomeCommands.ClaimFor(s, gateway, apps, _terms), ct);

    public Task ReleaseAsync(Guid gateway, IReadOnlyList<AppId> apps, IReadOnlyList<HeldSlots> held, CancellationToken ct) =>
        RunAsync(s => HomeCommands.ReleaseOf(s, gateway, apps, held), ct);

    public Task ReportAsync(Guid gateway, IReadOnlyList<HeldSlots> held, CancellationToken ct) => RunAsync(s => HomeCommands.ReportOf(s, gateway, held), ct);

    public Task LeaveAsync(Guid gateway, CancellationToken ct) => RunAsync(s => HomeCommands.LeaveAs(s, gateway, _terms), ct);

    public void Dispose()
    {
        _database.HomesChanged -= OnChanged;
        _session?.Dispose();
        _source.Dispose();
        _turn.Dispose();
    }

    private Task<bool> RunAsync(Action<PgSession> work, CancellationToken ct) => RunAsync(
        s =>
        {
            work(s);
            return true;
        },
        ct);

    // On a thread of the pool with blocking sockets: what follows must not run on one of the sockets' own.
    private async Task<T> RunAsync<T>(Func<PgSession, T> work, CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        try
        {
            return await Task.Run(() => Run(work), CancellationToken.None);
        }
        finally
        {
            _turn.Release();
        }
    }

    private T Run<T>(Func<PgSession, T> work)
    {
        try
        {
            if (_session is not { IsOpen: true })
            {
                _session?.Dispose();
                _session = new PgSession(_source.OpenConnection(), _database.Connector.Functions, 0);
            }

            _session.Effects.Clear();
            T result = work(_session);
            _database.Announcer.Send(_session.Effects);
            return result;
        }
        catch (Exception e) when (e is NpgsqlException or IOException or SocketException or TimeoutException)
        {
            _session?.Dispose();
            _session = null;
            throw SaysThatItIsAway(e) ? new StoreRefusedException($"The database serves nobody now: {e.Message}", e) : PostgresFailure.Unavailable(e);
        }
    }

    // Only what the database's own side says. A connection that breaks, or a time that is up, may be this process's own trouble.
    private static bool SaysThatItIsAway(Exception e) => e switch
    {
        PostgresException { SqlState: PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown } => true,
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } => true,
        _ => e.InnerException is { } inner && SaysThatItIsAway(inner),
    };

    private void OnChanged() => Changed?.Invoke();
}
