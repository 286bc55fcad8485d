using InterCluster.Core.Identity;
using InterCluster.Storage.Postgres.Engine;

namespace InterCluster.Storage.Postgres.Keys;

/// <summary>Keys, and the servers' own secrets, in the database.</summary>
internal sealed class PostgresKeyStore(PostgresDatabase database) : IKeyStore
{
    public event Action? Changed
    {
        add => database.KeysChanged += value;
        remove => database.KeysChanged -= value;
    }

    public async ValueTask AddAsync(ProjectKey key, CancellationToken ct) => await database.ChangeAsync(ProjectScope.Of(key.Project), s => KeyCommands.Add(s, key), ct);

    public ValueTask<ProjectKey?> RevokeAsync(string project, string keyId, CancellationToken ct) =>
        database.ChangeAsync(ProjectScope.Of(project), s => KeyCommands.Revoke(s, project, keyId), ct);

    public ValueTask<IReadOnlyList<ProjectKey>> ListAsync(string? project, CancellationToken ct) =>
        database.ReadAsync(ProjectScope.OfOneOrAll(project), s => KeyCommands.List(s, project), ct);

    public ValueTask<byte[]> GetOrCreateSecretAsync(string name, Func<byte[]> create, CancellationToken ct) =>
        database.ChangeAsync(ProjectScope.Everything, s => KeyCommands.GetOrCreateSecret(s, name, create), ct);
}
