using InterCluster.Core.Naming;

namespace InterCluster.Core.Apps;

/// <summary>The durable record of apps and their revisions. Every write is on disk when its task completes; one that cannot be fails with <see cref="StoreUnavailableException"/>.</summary>
public interface IAppStore
{
    /// <summary>Adds a revision, makes it the current one, and returns it.</summary>
    ValueTask<Revision> DeployAsync(AppId app, AppConfig config, string deployedBy, CancellationToken ct);

    /// <summary>Makes a new revision out of an old one; null when there is no such revision.</summary>
    ValueTask<Revision?> RollbackAsync(AppId app, int number, string deployedBy, CancellationToken ct);

    /// <summary>Removes the app from the current ones; false when it was not there. Its revisions stay readable.</summary>
    ValueTask<bool> DeleteAsync(AppId app, CancellationToken ct);

    /// <summary>The current revision of every app that is deployed, of one project or (null) of all.</summary>
    ValueTask<IReadOnlyList<Revision>> ListAsync(string? project, CancellationToken ct);

    /// <summary>All revisions of an app, newest first; empty for an app that was never deployed.</summary>
    ValueTask<IReadOnlyList<Revision>> RevisionsAsync(AppId app, CancellationToken ct);
}
