using InterCluster.Core.Apps;
using InterCluster.Core.Naming;
using InterCluster.Storage.Codecs;
using InterCluster.Storage.Sqlite.Engine;

namespace InterCluster.Storage.Sqlite.Apps;

internal static class WriteApps
{
    private static readonly Sql Advance = new("""
        insert into apps (project, app, last_number, current) values (@project, @app, 1, 1)
        on conflict (project, app) do update set last_number = last_number + 1, current = last_number + 1
        returning current
        """);

    private static readonly Sql Insert = new("""
        insert into revisions (project, app, number, config, deployed_at, deployed_by)
        values (@project, @app, @number, @config, @deployed_at, @deployed_by)
        """);

    private static readonly Sql FindConfig = new("""
        select config from revisions where project = @project and app = @app and number = @number
        """);

    private static readonly Sql Remove = new("""
        update apps set current = null where project = @project and app = @app and current is not null
        """);

    public static Revision Deploy(WriteSession session, AppId app, string config, string deployedBy)
    {
        int number = Next(session, app);
        using Statement insert = session.Use(Insert);
        insert.Bind(app.Project).Bind(app.App).Bind(number).Bind(config).Bind(session.Now).Bind(deployedBy).Run();
        return new Revision(app, number, AppConfigCodec.Decode(config), Micros.ToTime(session.Now), deployedBy);
    }

    public static Revision? Rollback(WriteSession session, AppId app, int number, string deployedBy)
    {
        string config;
        using (Statement find = session.Use(FindConfig))
        {
            if (!find.Bind(app.Project).Bind(app.App).Bind(number).Step())
            {
                return null;
            }

            config = find.Text(0);
        }

        return Deploy(session, app, config, deployedBy);
    }

    public static bool Delete(WriteSession session, AppId app)
    {
        using Statement remove = session.Use(Remove);
        return remove.Bind(app.Project).Bind(app.App).Run() == 1;
    }

    private static int Next(WriteSession session, AppId app)
    {
        using Statement advance = session.Use(Advance);
        advance.Bind(app.Project).Bind(app.App).Step();
        return advance.Int(0);
    }
}
