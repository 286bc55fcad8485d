using InterCluster.Core.Apps;
using InterCluster.Core.Naming;
using InterCluster.Storage.Codecs;
using InterCluster.Storage.Postgres.Engine;

namespace InterCluster.Storage.Postgres.Apps;

/// <summary>Apps and their revisions in the database.</summary>
internal sealed class PostgresAppStore(PostgresDatabase database) : IAppStore
{
    public ValueTask<Revision> DeployAsync(AppId app, AppConfig config, string deployedBy, CancellationToken ct)
    {
        string json = AppConfigCodec.Encode(config);
        return database.ChangeAsync(ProjectScope.Of(app.Project), s => AppCommands.Deploy(s, app, json, deployedBy), ct);
    }

    public ValueTask<Revision?> RollbackAsync(AppId app, int number, string deployedBy, CancellationToken ct) =>
        database.ChangeAsync(ProjectScope.Of(app.Project), s => AppCommands.Rollback(s, app, number, deployedBy), ct);

    public ValueTask<bool> DeleteAsync(AppId app, CancellationToken ct) => database.ChangeAsync(ProjectScope.Of(app.Project), s => AppCommands.Delete(s, app), ct);

    public ValueTask<IReadOnlyList<Revision>> ListAsync(string? project, CancellationToken ct) =>
        database.ReadAsync(ProjectScope.OfOneOrAll(project), s => AppCommands.List(s, project), ct);

    public ValueTask<IReadOnlyList<Revision>> RevisionsAsync(AppId app, CancellationToken ct) =>
        database.ReadAsync(ProjectScope.Of(app.Project), s => AppCommands.Revisions(s, app), ct);
}
