using InterCluster.Core.Apps;
using InterCluster.Core.Naming;
using InterCluster.Storage.Codecs;
using InterCluster.Storage.Sqlite.Engine;

namespace InterCluster.Storage.Sqlite.Apps;

/// <summary>Apps and their revisions in the data file.</summary>
internal sealed class SqliteAppStore(SqliteDatabase database) : IAppStore
{
    public ValueTask<Revision> DeployAsync(AppId app, AppConfig config, string deployedBy, CancellationToken ct)
    {
        string json = AppConfigCodec.Encode(config);
        return database.WriteAsync(s => WriteApps.Deploy(s, app, json, deployedBy), ct);
    }

    public ValueTask<Revision?> RollbackAsync(AppId app, int number, string deployedBy, CancellationToken ct) =>
        database.WriteAsync(s => WriteApps.Rollback(s, app, number, deployedBy), ct);

    public ValueTask<bool> DeleteAsync(AppId app, CancellationToken ct) => database.WriteAsync(s => WriteApps.Delete(s, app), ct);

    public ValueTask<IReadOnlyList<Revision>> ListAsync(string? project, CancellationToken ct) =>
        database.ReadAsync(s => ReadApps.Current(s, project), ct);

    public ValueTask<IReadOnlyList<Revision>> RevisionsAsync(AppId app, CancellationToken ct) =>
        database.ReadAsync(s => ReadApps.Revisions(s, app), ct);
}
