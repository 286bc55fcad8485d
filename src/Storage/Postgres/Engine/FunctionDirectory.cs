using System.Collections.Concurrent;
using InterCluster.Core.Naming;
using Npgsql;
using NpgsqlTypes;

namespace InterCluster.Storage.Postgres.Engine;

/// <summary>A function's row.</summary>
internal sealed record FunctionRow(int Id, int ProjectId, FunctionId Function);

/// <summary>The functions that have or had runs, by name and by number. Rows are only ever added, by any server, and committed before a run names them.</summary>
internal sealed class FunctionDirectory
{
    private const string AddProjects = "insert into projects (name) select distinct name from unnest($1) as given (name) on conflict do nothing";

    private const string AddFunctions = """
        insert into functions (project_id, app, name)
        select p.id, given.app, given.name from unnest($1, $2, $3) as given (project, app, name) join projects p on p.name = given.project
        on conflict do nothing
        """;

    private const string Columns = "select f.id, f.project_id, p.name, f.app, f.name from functions f join projects p on p.id = f.project_id";

    private const string FindByName = $"{Columns} join unnest($1, $2, $3) as given (project, app, name) on given.project = p.name and given.app = f.app and given.name = f.name";

    private const string FindByNumber = $"{Columns} where f.id = any($1)";

    private readonly ConcurrentDictionary<FunctionId, FunctionRow> _byName = [];
    private readonly ConcurrentDictionary<int, FunctionRow> _byNumber = [];

    /// <summary>Known after <see cref="Intern"/> or <see cref="Load"/>.</summary>
    public FunctionRow this[FunctionId function] => _byName[function];

    /// <summary>Known after <see cref="Load"/>.</summary>
    public FunctionRow this[int number] => _byNumber[number];

    /// <summary>Makes the rows of functions that are new, in a commit of their own.</summary>
    public void Intern(PgSession session, IEnumerable<FunctionId> functions)
    {
        FunctionId[] missing = Missing(functions);
        if (missing.Length == 0)
        {
            return;
        }

        using NpgsqlBatch batch = session.Batch();
        batch.Add(AddProjects, Texts(missing, f => f.App.Project));
        batch.Add(AddFunctions, Texts(missing, f => f.App.Project), Texts(missing, f => f.App.App), Texts(missing, f => f.Function));
        batch.Add(FindByName, Texts(missing, f => f.App.Project), Texts(missing, f => f.App.App), Texts(missing, f => f.Function));
        using NpgsqlDataReader rows = batch.ExecuteReader();
        Read(rows);
    }

    /// <summary>The function's row, or null when no server has made it.</summary>
    public FunctionRow? Find(PgSession session, FunctionId function)
    {
        if (!_byName.ContainsKey(function))
        {
            using NpgsqlCommand find = session.Command(
                FindByName, Texts([function], f => f.App.Project), Texts([function], f => f.App.App), Texts([function], f => f.Function));
            using NpgsqlDataReader rows = find.ExecuteReader();
            Read(rows);
        }

        return _byName.GetValueOrDefault(function);
    }

    /// <summary>Learns of rows that other servers have made.</summary>
    public void Load(PgSession session, IEnumerable<int> numbers)
    {
        int[]? missing = null;
        foreach (int number in numbers)
        {
            if (!_byNumber.ContainsKey(number))
            {
                missing = [.. missing ?? [], number];
            }
        }

        if (missing is not null)
        {
            using NpgsqlCommand find = session.Command(FindByNumber, Pg.Array(missing, NpgsqlDbType.Integer));
            using NpgsqlDataReader rows = find.ExecuteReader();
            Read(rows);
        }
    }

    private FunctionId[] Missing(IEnumerable<FunctionId> functions)
    {
        HashSet<FunctionId>? missing = null;
        foreach (FunctionId function in functions)
        {
            if (!_byName.ContainsKey(function))
            {
                (missing ??= []).Add(function);
            }
        }

        // In one order everywhere, so that two servers that add the same ones do not wait for each other in a circle.
        return missing is null ? [] : [.. missing.OrderBy(f => f.ToString(), StringComparer.Ordinal)];
    }

    private void Read(NpgsqlDataReader rows)
    {
        while (rows.Read())
        {
            var row = new FunctionRow(rows.GetInt32(0), rows.GetInt32(1), new FunctionId(new AppId(rows.GetString(2), rows.GetString(3)), rows.GetString(4)));
            _byName[row.Function] = row;
            _byNumber[row.Id] = row;
        }
    }

    private static NpgsqlParameter Texts(FunctionId[] functions, Func<FunctionId, string> part) =>
        Pg.Array(Array.ConvertAll(functions, f => part(f)), NpgsqlDbType.Text);
}
