using InterCluster.Core;
using InterCluster.Core.Apps;
using InterCluster.Core.Signals;
using InterCluster.Storage.Postgres.Engine;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace InterCluster.Storage.Postgres.Apps;

/// <summary>
/// Keeps the catalog of this process up with the database: at once when another server tells of a change, and every few seconds by looking. While the
/// database is away, what is known stays in force.
/// </summary>
internal sealed partial class CatalogWatcher : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    private readonly PostgresDatabase _database;
    private readonly AppCatalog _catalog;
    private readonly ILogger<CatalogWatcher> _logger;
    private readonly Signal _changed = new();
    private long _version;

    public CatalogWatcher(PostgresDatabase database, AppCatalog catalog, ILogger<CatalogWatcher> logger)
    {
        (_database, _catalog, _logger) = (database, catalog, logger);
        database.CatalogChanged += _changed.Set;
    }

    /// <summary>Puts what changed since the last pass in force; how many apps.</summary>
    public async Task<int> RunOnceAsync(CancellationToken ct)
    {
        (List<AppChange> changes, long version) = await _database.ReadAsync(ProjectScope.Everything, s => AppCommands.ChangesSince(s, _version), ct);
        foreach (AppChange change in changes)
        {
            if (change.Revision is { } revision)
            {
                _catalog.Put(revision);
            }
            else
            {
                _catalog.Remove(change.App);
            }
        }

        _version = version;
        return changes.Count;
    }

    public override void Dispose()
    {
        _database.CatalogChanged -= _changed.Set;
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RunOnceAsync(stoppingToken);
                await _changed.WaitAsync(Period, _database.Time, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
            }
            catch (StoreUnavailableException e)
            {
                LogStale(e);
                await Task.Delay(Period, _database.Time, stoppingToken).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The apps could not be read; those that are known stay in force.")]
    private partial void LogStale(Exception exception);
}
