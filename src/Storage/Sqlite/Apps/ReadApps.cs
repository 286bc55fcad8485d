using InterCluster.Core.Apps;
using InterCluster.Core.Naming;
using InterCluster.Storage.Codecs;
using InterCluster.Storage.Sqlite.Engine;

namespace InterCluster.Storage.Sqlite.Apps;

internal static class ReadApps
{
    private static readonly Sql SelectCurrent = new("""
        select r.project, r.app, r.number, r.config, r.deployed_at, r.deployed_by
        from apps a join revisions r on r.project = a.project and r.app = a.app and r.number = a.current
        where @project is null or a.project = @project
        order by a.project, a.app
        """);

    private static readonly Sql SelectRevisions = new("""
        select project, app, number, config, deployed_at, deployed_by from revisions
        where project = @project and app = @app order by number desc
        """);

    public static IReadOnlyList<Revision> Current(SqliteSession session, string? project)
    {
        using Statement rows = session.Use(SelectCurrent);
        return Read(rows.Bind(project));
    }

    public static IReadOnlyList<Revision> Revisions(SqliteSession session, AppId app)
    {
        using Statement rows = session.Use(SelectRevisions);
        return Read(rows.Bind(app.Project).Bind(app.App));
    }

    private static List<Revision> Read(Statement rows)
    {
        var revisions = new List<Revision>();
        while (rows.Step())
        {
            revisions.Add(new Revision(
                new AppId(rows.Text(0), rows.Text(1)), rows.Int(2), AppConfigCodec.Decode(rows.Text(3)), Micros.ToTime(rows.Long(4)), rows.Text(5)));
        }

        return revisions;
    }
}
