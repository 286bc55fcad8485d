using InterCluster.Core.Identity;
using InterCluster.Storage.Codecs;
using InterCluster.Storage.Sqlite.Engine;

namespace InterCluster.Storage.Sqlite.Keys;

internal static class WriteKeys
{
    private static readonly Sql Insert = new($"""
        insert into keys ({KeyRows.Columns}) values (@project, @id, @name, @scopes, @public_key, @issued_at, @expires_at, @revoked_at)
        """);

    private static readonly Sql MarkRevoked = new($"""
        update keys set revoked_at = coalesce(revoked_at, @now) where project = @project and id = @id returning {KeyRows.Columns}
        """);

    private static readonly Sql FindSecret = new("select value from secrets where name = @name");

    private static readonly Sql InsertSecret = new("insert into secrets (name, value) values (@name, @value)");

    public static bool Add(WriteSession session, ProjectKey key)
    {
        using Statement insert = session.Use(Insert);
        insert.Bind(key.Project).Bind(key.Id).Bind(key.Name).Bind((long)key.Scopes).Bind(key.PublicKey.Span)
            .Bind(Micros.From(key.IssuedAt)).Bind(Micros.From(key.ExpiresAt)).Bind(Micros.From(key.RevokedAt)).Run();
        return true;
    }

    public static ProjectKey? Revoke(WriteSession session, string project, string keyId)
    {
        using Statement revoke = session.Use(MarkRevoked);
        return revoke.Bind(session.Now).Bind(project).Bind(keyId).Step() ? KeyRows.Read(revoke) : null;
    }

    public static byte[] GetOrCreateSecret(WriteSession session, string name, Func<byte[]> create)
    {
        using (Statement find = session.Use(FindSecret))
        {
            if (find.Bind(name).Step())
            {
                return find.Bytes(0);
            }
        }

        byte[] secret = create();
        using Statement insert = session.Use(InsertSecret);
        insert.Bind(name).Bind(secret).Run();
        return secret;
    }
}
