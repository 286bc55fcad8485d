using InterCluster.Core;
using InterCluster.Storage.Postgres.Engine;
using InterCluster.Storage.Postgres.Runs;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace InterCluster.Storage.Postgres;

/// <summary>Folds the counts together every second. Every server does; each takes what the others have not.</summary>
internal sealed partial class Housekeeping(PostgresDatabase database, ILogger<Housekeeping> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>One pass.</summary>
    public async Task RunOnceAsync(CancellationToken ct) => await database.ChangeAsync(ProjectScope.Everything, Depths.Fold, ct);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, database.Time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await RunOnceAsync(stoppingToken);
            }
            catch (StoreUnavailableException e)
            {
                LogFailed(e);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "A pass of the database's housekeeping failed.")]
    private partial void LogFailed(Exception exception);
}
