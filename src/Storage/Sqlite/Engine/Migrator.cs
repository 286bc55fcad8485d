using System.Globalization;
using System.Reflection;

namespace InterCluster.Storage.Sqlite.Engine;

/// <summary>Brings the schema up to date: the scripts <c>NNNN_name.sql</c> above the file's <c>user_version</c>, all in one transaction.</summary>
internal static class Migrator
{
    private const string Prefix = "sqlite/";
    private static readonly Sql ReadVersion = new("pragma user_version");

    public static void Migrate(SqliteSession session)
    {
        List<(int Number, string Resource)> scripts = Scripts();
        int latest = scripts[^1].Number;
        int version = Version(session);
        if (version > latest)
        {
            throw new InvalidOperationException(
                $"The data file is of schema version {version}; this server knows up to {latest}. Run the server that wrote it, or a newer one.");
        }

        if (version < latest)
        {
            Apply(session, scripts.Where(s => s.Number > version), latest);
        }
    }

    private static void Apply(SqliteSession session, IEnumerable<(int Number, string Resource)> scripts, int latest)
    {
        session.Execute("begin immediate");
        try
        {
            foreach ((_, string resource) in scripts)
            {
                session.Execute(Read(resource));
            }

            session.Execute(string.Create(CultureInfo.InvariantCulture, $"pragma user_version = {latest}"));
            session.Execute("commit");
        }
        catch when (session.InTransaction)
        {
            session.Execute("rollback");
            throw;
        }
    }

    private static int Version(SqliteSession session)
    {
        using Statement statement = session.Use(ReadVersion);
        statement.Step();
        return statement.Int(0);
    }

    private static List<(int Number, string Resource)> Scripts() =>
        [.. Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(name => (int.Parse(name.AsSpan(Prefix.Length, 4), CultureInfo.InvariantCulture), name))
            .Order()];

    private static string Read(string resource)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)!);
        return reader.ReadToEnd();
    }
}
