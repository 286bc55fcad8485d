using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace InterCluster.Storage.Postgres.Engine;

/// <summary>
/// Brings the schema up to date: the scripts <c>NNNN_name.sql</c>, each in a transaction of its own, in order, by one server at a time. Each is recorded
/// with its checksum, and with the oldest server that can go on working with it (its first line), so that servers of two versions can share a
/// database while they are replaced. One that says so in its second line runs statement by statement without a transaction, as an index that is built
/// beside the traffic has to: each of its statements can be run again.
/// </summary>
internal static class Migrator
{
    private const string Prefix = "postgres/";
    private const string OldestServerMark = "-- oldest server: ";
    private const string AloneMark = "\n-- without a transaction\n";
    private const long MigrationLock = 0x494353_00;

    private const string Prepare = $"""
        create schema if not exists {PgConnector.Schema};
        create table if not exists {PgConnector.Schema}.migrations (
          number int primary key, name text not null, checksum text not null, oldest_server int not null, applied_at timestamptz not null default now())
        """;

    public static void Migrate(PgSession session)
    {
        // Held by the session: every script commits by itself. Another server's migration is waited for as long as it takes.
        session.Run("set statement_timeout = 0");
        while (!TryLock(session))
        {
            // Not by waiting for the lock itself: an index that is built beside the traffic waits for every statement that is older, this one too.
            session.Run("select pg_sleep(0.1)");
        }

        try
        {
            // Not by default: it needs a right that a server does not need once the schema is there.
            if (!Exists(session))
            {
                session.Run(Prepare);
            }

            Apply(session, Scripts());
        }
        finally
        {
            session.Run("select pg_advisory_unlock($1)", Pg.Value(MigrationLock, NpgsqlDbType.Bigint));
            session.Run("reset statement_timeout");
        }
    }

    private static void Apply(PgSession session, List<Script> scripts)
    {
        List<Applied> applied = ReadApplied(session);
        int latest = scripts[^1].Number;
        if (applied.Find(a => a.Number > latest && a.OldestServer > latest) is { Number: > 0 } newer)
        {
            throw new InvalidOperationException(
                $"The database is of schema version {newer.Number}, which needs a server that knows version {newer.OldestServer} at least; this one knows up to {latest}. Run a newer server.");
        }

        foreach (Script script in scripts)
        {
            if (applied.Find(a => a.Number == script.Number) is not { Number: > 0 } done)
            {
                Apply(session, script);
            }
            else if (done.Checksum != script.Checksum)
            {
                throw new InvalidOperationException(
                    $"Migration {script.Number} of the database is not the one that this server knows (its checksum differs): the schema was changed by something else.");
            }
        }
    }

    private static bool TryLock(PgSession session)
    {
        using NpgsqlCommand take = session.Command("select pg_try_advisory_lock($1)", Pg.Value(MigrationLock, NpgsqlDbType.Bigint));
        return take.ExecuteScalar() is true;
    }

    private static void Apply(PgSession session, Script script)
    {
        if (script.IsAlone)
        {
            foreach (string statement in script.Text.Split(";\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                session.Run(statement);
            }

            Record(session, script);
            return;
        }

        using NpgsqlTransaction transaction = session.Connection.BeginTransaction();
        // A lock that is not to be had soon would have everybody else wait behind it: rather the start fails and is tried again.
        session.Run("set local lock_timeout = '5s'");
        session.Run(script.Text);
        Record(session, script);
        transaction.Commit();
    }

    private static void Record(PgSession session, Script script) => session.Run(
        "insert into migrations (number, name, checksum, oldest_server) values ($1, $2, $3, $4)",
        Pg.Int(script.Number), Pg.Text(script.Name), Pg.Text(script.Checksum), Pg.Int(script.OldestServer));

    private static bool Exists(PgSession session)
    {
        using NpgsqlCommand find = session.Command($"select to_regclass('{PgConnector.Schema}.migrations') is not null");
        return find.ExecuteScalar() is true;
    }

    private static List<Applied> ReadApplied(PgSession session)
    {
        using NpgsqlCommand select = session.Command("select number, checksum, oldest_server from migrations order by number");
        using NpgsqlDataReader rows = select.ExecuteReader();
        var applied = new List<Applied>();
        while (rows.Read())
        {
            applied.Add(new Applied(rows.GetInt32(0), rows.GetString(1), rows.GetInt32(2)));
        }

        return applied;
    }

    private static List<Script> Scripts() =>
        [.. Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(Script.Read)
            .OrderBy(s => s.Number)];

    private readonly record struct Applied(int Number, string Checksum, int OldestServer);

    private sealed record Script(int Number, string Name, string Text, string Checksum, int OldestServer)
    {
        /// <summary>Not in a transaction.</summary>
        public bool IsAlone => Text.Contains(AloneMark, StringComparison.Ordinal);

        public static Script Read(string resource)
        {
            using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)!);
            string text = reader.ReadToEnd().ReplaceLineEndings("\n");
            string first = text[..text.IndexOf('\n', StringComparison.Ordinal)];
            return new Script(
                int.Parse(resource.AsSpan(Prefix.Length, 4), CultureInfo.InvariantCulture),
                resource[Prefix.Length..],
                text,
                Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))),
                int.Parse(first.AsSpan(OldestServerMark.Length), CultureInfo.InvariantCulture));
        }
    }
}
