using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Postgres.Engine;
using InterCluster.Storage.Tests.Harness;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace InterCluster.Storage.Tests.Postgres;

/// <summary>RELIABILITY T04 and T06: the database itself keeps a call to its project's rows, also on a connection that another project had before.</summary>
public sealed class RowSecurityTests(PostgresTemplate template) : IDisposable
{
    private const string Two = "p-two";

    // Tables that hold nothing of a project, or nothing but numbers; and where apps have their homes, which no call asks for: gateways read it on a connection of their own.
    private static readonly string[] Open = ["migrations", "catalog", "secrets", "counts", "test_clock", "gateways", "gateway_service", "homes", "home_held"];

    private readonly PostgresHarness _store = new(template);

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task Every_table_with_rows_of_projects_is_under_row_security_that_holds_for_the_servers_role()
    {
        List<string> open = await Everything("""
            select c.relname from pg_class c
            where c.relnamespace = 'intercluster'::regnamespace and c.relkind in ('r', 'p')
              and not (c.relrowsecurity and c.relforcerowsecurity and exists (select from pg_policy p where p.polrelid = c.oid))
            """);
        List<string> role = await Everything("select (rolsuper or rolbypassrls)::text from pg_roles where rolname = current_user");

        Assert.Equal(Open.Order(), open.Order());
        Assert.Equal(["false"], role);
    }

    /// <summary>A statement that forgets the project, on purpose: all there is, of every table.</summary>
    [Fact]
    public async Task A_statement_that_forgets_the_project_finds_its_own_rows_only()
    {
        await OneOfEach.AddAsync(_store, Some.Project);
        await OneOfEach.AddAsync(_store, Two);
        List<string> tables = await Everything("""
            select relname from pg_class where relnamespace = 'intercluster'::regnamespace and relkind in ('r', 'p') and relrowsecurity order by 1
            """);
        foreach (string table in tables)
        {
            string forgetful = $"select t::text from {table} t";
            List<string> all = await Everything(forgetful);
            List<string> one = await Of(Some.Project, forgetful);
            List<string> two = await Of(Two, forgetful);

            Assert.True(one.Count > 0 && two.Count > 0, $"{table} is not filled: this shows nothing.");
            Assert.Empty(one.Intersect(two));
            Assert.Equal(all.Order(), one.Concat(two).Order());
            Assert.Empty(await Of("p-nobody", forgetful));
            Assert.Empty(await Of("", forgetful));
        }
    }

    [Fact]
    public async Task A_session_without_a_project_sees_nothing_and_changes_nothing()
    {
        await OneOfEach.AddAsync(_store, Some.Project);
        await using var connection = new NpgsqlConnection(_store.Database.ConnectionString + ";Pooling=false;Search Path=intercluster");
        await connection.OpenAsync();
        await using NpgsqlCommand count = new("select count(*) from requests", connection);
        await using NpgsqlCommand remove = new("delete from live", connection);
        await using NpgsqlCommand insert = new("insert into projects (name) values ('p-three')", connection);

        Assert.Equal(0L, await count.ExecuteScalarAsync());
        Assert.Equal(0, await remove.ExecuteNonQueryAsync());
        Assert.Equal("42501", (await Assert.ThrowsAsync<PostgresException>(() => insert.ExecuteNonQueryAsync())).SqlState);
    }

    /// <summary>A write for one project that names another's row.</summary>
    [Fact]
    public async Task A_change_that_names_another_projects_rows_changes_nothing()
    {
        RunId theirs = await OneOfEach.AddAsync(_store, Two);

        int moved = await _store.Get<PostgresDatabase>().ChangeAsync(
            ProjectScope.Of(Some.Project), s => s.Run("update requests set path = '/mine' where id = $1", Pg.Id(theirs.Value)), default);
        int stolen = await _store.Get<PostgresDatabase>().ChangeAsync(
            ProjectScope.Of(Some.Project), s => s.Run("delete from live") + s.Run("delete from finished") + s.Run("delete from responses"), default);

        Assert.Equal((0, 0), (moved, stolen));
        Assert.Equal("/work?x=1", (await _store.Runs.GetAsync(Two, theirs, default))!.PathAndQuery);
    }

    /// <summary>Two projects in turn on few connections, with callers that leave and statements that fail in between.</summary>
    [Fact]
    public async Task Projects_in_turn_on_one_connection_get_their_own_rows()
    {
        const int Turns = 4000;
        using var few = new PostgresHarness(template, services => services.Configure<StorageOptions>(o => o.Readers = 1));
        PostgresDatabase database = few.Get<PostgresDatabase>();
        string[] projects = [Some.Project, Two];
        foreach (string project in projects)
        {
            await few.Runs.SubmitAsync(Some.Run(few.Time, new FunctionId(new AppId(project, "app"), "work")), default);
        }

        var random = new Random(11);
        var pending = new List<Task>();
        for (int turn = 0; turn < Turns; turn++)
        {
            string project = projects[turn % 2];
            switch (random.Next(10))
            {
                case 0:
                    using (var left = new CancellationTokenSource())
                    {
                        ValueTask<RunPage> read = few.Runs.ListAsync(new RunFilter(project), null, 10, left.Token);
                        await left.CancelAsync();
                        pending.Add(read.AsTask().ContinueWith(_ => { }, TaskScheduler.Default));
                    }

                    break;
                case 1:
                    pending.Add(Assert.ThrowsAsync<InterCluster.Core.StoreUnavailableException>(() =>
                        database.ReadAsync(ProjectScope.Of(project), s => s.Run("select 1 / (select 0)"), default).AsTask()));
                    break;
                default:
                    pending.Add(OwnAsync(database, project));
                    break;
            }
        }

        await Task.WhenAll(pending);
    }

    private static async Task OwnAsync(PostgresDatabase database, string project) => Assert.Equal(
        [project], await database.ReadAsync(ProjectScope.Of(project), s => Texts(s, "select p.name from requests r join projects p on p.id = r.project_id"), default));

    private Task<List<string>> Everything(string sql) => Read(ProjectScope.Everything, sql);

    private Task<List<string>> Of(string project, string sql) => Read(ProjectScope.Of(project), sql);

    private Task<List<string>> Read(ProjectScope scope, string sql) =>
        _store.Get<PostgresDatabase>().ReadAsync(scope, s => Texts(s, sql), default).AsTask();

    private static List<string> Texts(PgSession session, string sql)
    {
        using NpgsqlCommand select = session.Command(sql);
        using NpgsqlDataReader rows = select.ExecuteReader();
        var texts = new List<string>();
        while (rows.Read())
        {
            texts.Add(rows.GetString(0));
        }

        return texts;
    }
}
