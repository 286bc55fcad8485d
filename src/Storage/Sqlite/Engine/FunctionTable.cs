using InterCluster.Core.Naming;

namespace InterCluster.Storage.Sqlite.Engine;

/// <summary>A function's row.</summary>
internal sealed record FunctionRow(int Id, int ProjectId, FunctionId Function);

/// <summary>The functions that have or had runs, by name and by number. Owned by the writer's thread; forgets what was rolled back.</summary>
internal sealed class FunctionTable
{
    private static readonly Sql Load = new("""
        select f.id, f.project_id, p.name, f.app, f.name from functions f join projects p on p.id = f.project_id
        """);

    private static readonly Sql InsertProject = new("insert into projects (name) values (@name) on conflict (name) do nothing");
    private static readonly Sql FindProject = new("select id from projects where name = @name");
    private static readonly Sql Insert = new("insert into functions (project_id, app, name) values (@project, @app, @name)");

    private readonly Dictionary<FunctionId, FunctionRow> _byName = [];
    private readonly Dictionary<int, FunctionRow> _byNumber = [];
    private readonly List<FunctionRow> _uncommitted = [];

    public FunctionTable(SqliteSession session)
    {
        using Statement rows = session.Use(Load);
        while (rows.Step())
        {
            Add(new FunctionRow(rows.Int(0), rows.Int(1), new FunctionId(new AppId(rows.Text(2), rows.Text(3)), rows.Text(4))));
        }
    }

    public IReadOnlyCollection<FunctionRow> All => _byNumber.Values;

    public int Uncommitted => _uncommitted.Count;

    public FunctionRow this[int number] => _byNumber[number];

    public FunctionRow? Find(FunctionId function) => _byName.GetValueOrDefault(function);

    /// <summary>The function's row, made the first time.</summary>
    public FunctionRow Intern(SqliteSession session, FunctionId function)
    {
        if (_byName.TryGetValue(function, out FunctionRow? known))
        {
            return known;
        }

        int project = InternProject(session, function.App.Project);
        using Statement insert = session.Use(Insert);
        insert.Bind(project).Bind(function.App.App).Bind(function.Function).Run();
        var row = new FunctionRow((int)session.LastRowId, project, function);
        Add(row);
        _uncommitted.Add(row);
        return row;
    }

    public void Committed() => _uncommitted.Clear();

    public void RollBackTo(int uncommitted)
    {
        foreach (FunctionRow row in _uncommitted.Skip(uncommitted))
        {
            _byName.Remove(row.Function);
            _byNumber.Remove(row.Id);
        }

        _uncommitted.RemoveRange(uncommitted, _uncommitted.Count - uncommitted);
    }

    private void Add(FunctionRow row)
    {
        _byName.Add(row.Function, row);
        _byNumber.Add(row.Id, row);
    }

    private static int InternProject(SqliteSession session, string name)
    {
        using (Statement insert = session.Use(InsertProject))
        {
            insert.Bind(name).Run();
        }

        using Statement find = session.Use(FindProject);
        find.Bind(name).Step();
        return find.Int(0);
    }
}
