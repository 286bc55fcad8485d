using InterCluster.Core.Apps;
using InterCluster.Core.Naming;
using InterCluster.Storage.Codecs;
using InterCluster.Storage.Postgres.Engine;
using Npgsql;

namespace InterCluster.Storage.Postgres.Apps;

/// <summary>The statements on apps and their revisions.</summary>
internal static class AppCommands
{
    // The catalog's row is held to the commit: changes of apps go one after the other, and their numbers become visible in order.
    private const string Advance = """
        with change as (update catalog set version = version + 1 returning version)
        insert into apps as a (project, app, last_number, current, version) select $1, $2, 1, 1, version from change
        on conflict (project, app) do update set last_number = a.last_number + 1, current = a.last_number + 1, version = excluded.version
        returning current
        """;

    private const string Insert = """
        insert into revisions (project, app, number, config, deployed_at, deployed_by) values ($1, $2, $3, $4, clock(), $5) returning deployed_at
        """;

    private const string FindConfig = "select config from revisions where project = $1 and app = $2 and number = $3";

    private const string Remove = """
        with change as (update catalog set version = version + 1 returning version)
        update apps set current = null, version = change.version from change where project = $1 and app = $2 and current is not null
        """;

    private const string Current = """
        select v.project, v.app, v.number, v.config, v.deployed_at, v.deployed_by
        from apps a join revisions v on v.project = a.project and v.app = a.app and v.number = a.current
        where $1 is null or a.project = $1
        order by a.project, a.app
        """;

    private const string All = """
        select project, app, number, config, deployed_at, deployed_by from revisions where project = $1 and app = $2 order by number desc
        """;

    private const string Since = """
        select a.project, a.app, v.number, v.config, v.deployed_at, v.deployed_by, a.version
        from apps a left join revisions v on v.project = a.project and v.app = a.app and v.number = a.current
        where a.version > $1
        order by a.version
        """;

    public static Revision Deploy(PgSession session, AppId app, string config, string deployedBy)
    {
        using NpgsqlTransaction transaction = session.Connection.BeginTransaction();
        Revision revision = Add(session, app, config, deployedBy);
        transaction.Commit();
        session.Effects.CatalogChanged = true;
        return revision;
    }

    public static Revision? Rollback(PgSession session, AppId app, int number, string deployedBy)
    {
        using NpgsqlTransaction transaction = session.Connection.BeginTransaction();
        using NpgsqlCommand find = session.Command(FindConfig, Pg.Text(app.Project), Pg.Text(app.App), Pg.Int(number));
        if (find.ExecuteScalar() is not string config)
        {
            return null;
        }

        Revision revision = Add(session, app, config, deployedBy);
        transaction.Commit();
        session.Effects.CatalogChanged = true;
        return revision;
    }

    public static bool Delete(PgSession session, AppId app)
    {
        bool removed = session.Run(Remove, Pg.Text(app.Project), Pg.Text(app.App)) == 1;
        session.Effects.CatalogChanged = removed;
        return removed;
    }

    public static IReadOnlyList<Revision> List(PgSession session, string? project) => Read(session.Command(Current, Pg.Text(project)));

    public static IReadOnlyList<Revision> Revisions(PgSession session, AppId app) => Read(session.Command(All, Pg.Text(app.Project), Pg.Text(app.App)));

    /// <summary>The apps that changed after a version, and the version that they come to.</summary>
    public static (List<AppChange> Changes, long Version) ChangesSince(PgSession session, long version)
    {
        var changes = new List<AppChange>();
        using NpgsqlCommand since = session.Command(Since, Pg.Value(version, NpgsqlTypes.NpgsqlDbType.Bigint));
        using NpgsqlDataReader rows = since.ExecuteReader();
        while (rows.Read())
        {
            var app = new AppId(rows.GetString(0), rows.GetString(1));
            changes.Add(new AppChange(app, rows.IsDBNull(2) ? null : Row(rows, app)));
            version = rows.GetInt64(6);
        }

        return (changes, version);
    }

    private static Revision Add(PgSession session, AppId app, string config, string deployedBy)
    {
        using NpgsqlCommand advance = session.Command(Advance, Pg.Text(app.Project), Pg.Text(app.App));
        int number = (int)advance.ExecuteScalar()!;
        using NpgsqlCommand insert = session.Command(
            Insert, Pg.Text(app.Project), Pg.Text(app.App), Pg.Int(number), Pg.Text(config), Pg.Text(deployedBy));
        using NpgsqlDataReader row = insert.ExecuteReader();
        row.Read();
        return new Revision(app, number, AppConfigCodec.Decode(config), row.GetTime(0), deployedBy);
    }

    private static List<Revision> Read(NpgsqlCommand select)
    {
        using (select)
        {
            using NpgsqlDataReader rows = select.ExecuteReader();
            var revisions = new List<Revision>();
            while (rows.Read())
            {
                revisions.Add(Row(rows, new AppId(rows.GetString(0), rows.GetString(1))));
            }

            return revisions;
        }
    }

    private static Revision Row(NpgsqlDataReader row, AppId app) =>
        new(app, row.GetInt32(2), AppConfigCodec.Decode(row.GetString(3)), row.GetTime(4), row.GetString(5));
}
