using InterCluster.Core.Identity;
using InterCluster.Storage.Postgres.Engine;
using Npgsql;
using NpgsqlTypes;

namespace InterCluster.Storage.Postgres.Keys;

/// <summary>The statements on keys and on the servers' own secrets.</summary>
internal static class KeyCommands
{
    // Who makes a secret holds this to its commit: it is made once, whoever asks at the same time.
    private const long SecretsLock = 0x494353_01;

    private const string Columns = "project, id, name, scopes, public_key, issued_at, expires_at, revoked_at";

    private const string Insert = $"insert into keys ({Columns}) values ($1, $2, $3, $4, $5, $6, $7, $8)";

    private const string MarkRevoked = $"""
        update keys set revoked_at = coalesce(revoked_at, clock()) where project = $1 and id = $2 returning {Columns}
        """;

    private const string Select = $"select {Columns} from keys where $1 is null or project = $1 order by issued_at desc, seq desc";

    private const string FindSecret = "select value from secrets where name = $1";

    private const string InsertSecret = "insert into secrets (name, value) values ($1, $2)";

    public static bool Add(PgSession session, ProjectKey key)
    {
        session.Run(
            Insert, Pg.Text(key.Project), Pg.Text(key.Id), Pg.Text(key.Name), Pg.Int((int)key.Scopes), Pg.Bytes(key.PublicKey.ToArray()),
            Pg.Time(key.IssuedAt), Pg.Time(key.ExpiresAt), Pg.Time(key.RevokedAt));
        session.Effects.KeysChanged = true;
        return true;
    }

    public static ProjectKey? Revoke(PgSession session, string project, string keyId)
    {
        ProjectKey? revoked = Read(session.Command(MarkRevoked, Pg.Text(project), Pg.Text(keyId))).FirstOrDefault();
        session.Effects.KeysChanged = revoked is not null;
        return revoked;
    }

    public static IReadOnlyList<ProjectKey> List(PgSession session, string? project) => Read(session.Command(Select, Pg.Text(project)));

    public static byte[] GetOrCreateSecret(PgSession session, string name, Func<byte[]> create)
    {
        using NpgsqlTransaction transaction = session.Connection.BeginTransaction();
        session.Run("select pg_advisory_xact_lock($1)", Pg.Value(SecretsLock, NpgsqlDbType.Bigint));
        using NpgsqlCommand find = session.Command(FindSecret, Pg.Text(name));
        if (find.ExecuteScalar() is byte[] known)
        {
            return known;
        }

        byte[] secret = create();
        session.Run(InsertSecret, Pg.Text(name), Pg.Bytes(secret));
        transaction.Commit();
        return secret;
    }

    private static List<ProjectKey> Read(NpgsqlCommand select)
    {
        using (select)
        {
            using NpgsqlDataReader row = select.ExecuteReader();
            var keys = new List<ProjectKey>();
            while (row.Read())
            {
                keys.Add(new ProjectKey
                {
                    Project = row.GetString(0),
                    Id = row.GetString(1),
                    Name = row.GetString(2),
                    Scopes = (Scopes)row.GetInt32(3),
                    PublicKey = row.GetBytes(4),
                    IssuedAt = row.GetTime(5),
                    ExpiresAt = row.GetTime(6),
                    RevokedAt = row.GetTimeOrNull(7),
                });
            }

            return keys;
        }
    }
}
