using InterCluster.Core.Identity;
using InterCluster.Storage.Codecs;
using InterCluster.Storage.Sqlite.Engine;

namespace InterCluster.Storage.Sqlite.Keys;

internal static class KeyRows
{
    /// <summary>What <see cref="Read"/> reads, in its order.</summary>
    public const string Columns = "project, id, name, scopes, public_key, issued_at, expires_at, revoked_at";

    private static readonly Sql Select = new($"""
        select {Columns} from keys where @project is null or project = @project order by issued_at desc, seq desc
        """);

    public static IReadOnlyList<ProjectKey> List(SqliteSession session, string? project)
    {
        var keys = new List<ProjectKey>();
        using Statement rows = session.Use(Select);
        rows.Bind(project);
        while (rows.Step())
        {
            keys.Add(Read(rows));
        }

        return keys;
    }

    public static ProjectKey Read(Statement row) => new()
    {
        Project = row.Text(0),
        Id = row.Text(1),
        Name = row.Text(2),
        Scopes = (Scopes)row.Int(3),
        PublicKey = row.Bytes(4),
        IssuedAt = Micros.ToTime(row.Long(5)),
        ExpiresAt = Micros.ToTime(row.Long(6)),
        RevokedAt = Micros.ToTime(row.LongOrNull(7)),
    };
}
