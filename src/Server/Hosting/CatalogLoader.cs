using InterCluster.Core;
using InterCluster.Core.Apps;
using InterCluster.Storage.Postgres;
using Microsoft.Extensions.Options;

namespace InterCluster.Server.Hosting;

/// <summary>
/// Puts the stored apps in force before any role starts: a worker must not meet a run whose app it does not know yet. A database that does not answer
/// is waited for: it and its servers are often started together. Until then the server does not listen.
/// </summary>
internal static partial class CatalogLoader
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    public static async Task LoadAsync(IServiceProvider services)
    {
        TimeProvider time = services.GetRequiredService<TimeProvider>();
        TimeSpan patience = services.GetRequiredService<IOptions<PostgresOptions>>().Value.StartTimeout;
        ILogger logger = services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(CatalogLoader));
        CancellationToken stop = services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        long start = time.GetTimestamp();
        while (true)
        {
            try
            {
                services.GetRequiredService<AppCatalog>().Load(await services.GetRequiredService<IAppStore>().ListAsync(project: null, stop).ConfigureAwait(false));
                return;
            }
            catch (StoreUnavailableException e) when (e.InnerException is not InvalidOperationException && time.GetElapsedTime(start) < patience)
            {
                Waiting(logger, e.Message, patience - time.GetElapsedTime(start));
                await Task.Delay(Pause, time, stop).ConfigureAwait(false);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The server waits for its database ({Reason}); it gives up in {Left} (InterCluster:Storage:Postgres:StartTimeout).")]
    private static partial void Waiting(ILogger logger, string reason, TimeSpan left);
}
