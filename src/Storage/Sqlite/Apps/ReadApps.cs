using InterCluster.Core.Apps;
using InterCluster.Core.Naming;
using InterCluster.Storage.Codecs;
using InterCluster.Storage.Sqlite.Engine;

namespace InterCluster.Storage.Sqlite.Apps;

internal static class ReadApps
{
    private static readonly Sql SelectCurrent = new("""
        select v.project, v.app, v.number, v.config, v.deployed_at, v.deployed_by
        from apps join revisions v on v.project = apps.project and v.app = apps.app and v.number = apps.current
        where @project is null or apps.project = @project
        order by apps.project, apps.app
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
