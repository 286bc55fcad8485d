using InterCluster.Core.Identity;
using InterCluster.Storage.Sqlite.Engine;

namespace InterCluster.Storage.Sqlite.Keys;

/// <summary>Keys, and the server's own secrets, in the data file.</summary>
internal sealed class SqliteKeyStore(SqliteDatabase database) : IKeyStore
{
    // Nobody else changes this file, and whoever changes it here knows.
    public event Action? Changed
    {
        add { }
        remove { }
    }

    public async ValueTask AddAsync(ProjectKey key, CancellationToken ct) => await database.WriteAsync(s => WriteKeys.Add(s, key), ct);

    public ValueTask<ProjectKey?> RevokeAsync(string project, string keyId, CancellationToken ct) =>
        database.WriteAsync(s => WriteKeys.Revoke(s, project, keyId), ct);

    public ValueTask<IReadOnlyList<ProjectKey>> ListAsync(string? project, CancellationToken ct) =>
        database.ReadAsync(s => KeyRows.List(s, project), ct);

    public ValueTask<byte[]> GetOrCreateSecretAsync(string name, Func<byte[]> create, CancellationToken ct) =>
        database.WriteAsync(s => WriteKeys.GetOrCreateSecret(s, name, create), ct);
}
