using InterCluster.Api.Homes;
using InterCluster.Core.Apps;
using InterCluster.Core.Naming;
using InterCluster.Core.Replicas;
using InterCluster.Core.Runs;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace InterCluster.Api.Control;

/// <summary>
/// Changes what is deployed: the store first, then the catalog, one change at a time, so that the two never end up saying different things. A change
/// that has begun is not given up because its caller went away.
/// </summary>
internal sealed partial class AppDeployments(
    IAppStore store, AppCatalog catalog, IReplicaFleet fleet, IHomes homes, IRunStore runs, IHostApplicationLifetime lifetime, ILogger<AppDeployments> logger) : IDisposable
{
    private readonly SemaphoreSlim _changing = new(1, 1);

    public async Task<Revision> DeployAsync(AppId app, AppConfig config, string deployedBy, CancellationToken ct)
    {
        await _changing.WaitAsync(ct);
        try
        {
            Revision revision = await store.DeployAsync(app, config, deployedBy, CancellationToken.None);
            catalog.Put(revision);
            LogDeployed(app, revision.Number, deployedBy);
            return revision;
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Null when the app never had this revision.</summary>
    public async Task<Revision?> RollbackAsync(AppId app, int number, string deployedBy, CancellationToken ct)
    {
        await _changing.WaitAsync(ct);
        try
        {
            Revision? revision = await store.RollbackAsync(app, number, deployedBy, CancellationToken.None);
            if (revision is not null)
            {
                catalog.Put(revision);
                LogRolledBack(app, number, revision.Number, deployedBy);
            }

            return revision;
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>
    /// Takes the app away: no new calls, runs that wait end as failed, calls in flight go on. The task within is done when the last replica is gone; null
    /// when there is no such app.
    /// </summary>
    public async Task<Task?> DeleteAsync(AppId app, string deletedBy, CancellationToken ct)
    {
        await _changing.WaitAsync(ct);
        try
        {
            if (!await store.DeleteAsync(app, CancellationToken.None))
            {
                return null;
            }

            // Another gateway has the replicas: it hears of this through the store, and when it is done nobody here knows.
            bool elsewhere = homes.IsElsewhere(app);
            catalog.Remove(app);
            Task drained = elsewhere ? Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, lifetime.ApplicationStopping) : DrainAsync(app);
            int failed = await runs.FailAppAsync(app, CancellationToken.None);
            LogDeleted(app, deletedBy, failed);
            return drained;
        }
        finally
        {
            _changing.Release();
        }
    }

    public void Dispose() => _changing.Dispose();

    private async Task DrainAsync(AppId app)
    {
        try
        {
            await Task.Run(() => fleet.DrainAsync(app, lifetime.ApplicationStopping));
        }
        catch (Exception e) when (!lifetime.ApplicationStopping.IsCancellationRequested)
        {
            LogDrainFailed(app, e);
        }
        catch (OperationCanceledException)
        {
            // The process stops: whoever stops the replicas then goes on with it.
        }
    }
}
