using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Codecs;
using InterCluster.Storage.Sqlite.Engine;

namespace InterCluster.Storage.Sqlite.Runs;

/// <summary>
/// Reads a page, newest first: by the time of acceptance, then by the order of arrival. A whole project is one range of an index. With a
/// filter, each function and state is a range of another one, sorted alike, and the page is the newest of them all: so a page costs the
/// same however many runs there are and however rare those of the filter.
/// </summary>
internal sealed class ListRuns
{
    private static readonly Sql FindProject = new("select id from projects where name = @project");

    private static readonly Sql FindFunctions = new("""
        select id from functions where project_id = @project and (@app is null or app = @app) and (@name is null or name = @name)
        """);

    private static readonly Sql FindCursor = new("select created_at, seq from runs where id = @id and project_id = @project");

    private static readonly Sql OfProject = new("""
        select created_at, seq from runs indexed by runs_by_project
        where project_id = @project and created_at >= @from and created_at <= @to and (created_at, seq) < (@to, @seq)
        order by created_at desc, seq desc limit @limit
        """);

    private static readonly Sql OfFunction = new("""
        select created_at, seq from runs indexed by runs_by_function
        where function_id = @function and state = @state and created_at >= @from and created_at <= @to and (created_at, seq) < (@to, @seq)
        order by created_at desc, seq desc limit @limit
        """);

    private readonly SqliteSession _session;
    private readonly int _limit;
    private readonly long _from;
    private readonly (long CreatedAt, long Seq) _before;
    private readonly PriorityQueue<long, (long CreatedAt, long Seq)> _newest = new(); // The oldest of the newest is at its head.

    private ListRuns(SqliteSession session, RunFilter filter, (long, long) before, int limit)
    {
        (_session, _limit, _before) = (session, limit, before);
        _from = Micros.From(filter.From) ?? long.MinValue;
    }

    public static RunPage Read(SqliteSession session, RunFilter filter, RunId? before, int limit)
    {
        if (ProjectNumber(session, filter.Project) is not { } project)
        {
            return new RunPage([], null);
        }

        if (filter.Batch is not null || filter.Tag is not null)
        {
            return ListMarkedRuns.Read(session, filter, project, before, limit);
        }

        (long, long) cursor = before is { } id ? Position(session, project, id) : (long.MaxValue, long.MaxValue);
        (long, long) to = (Micros.From(filter.To) ?? long.MaxValue, long.MinValue);
        var list = new ListRuns(session, filter, filter.To is null || cursor.CompareTo(to) < 0 ? cursor : to, limit + 1);
        list.Collect(filter, project);
        return list.Page();
    }

    private void Collect(RunFilter filter, long project)
    {
        if (filter is { App: null, Function: null, State: null })
        {
            Collect(OfProject, project, null);
            return;
        }

        foreach (long function in FunctionNumbers(filter, project))
        {
            for (RunState state = filter.State ?? RunState.Scheduled; state <= (filter.State ?? RunState.Dead); state++)
            {
                Collect(OfFunction, function, state);
            }
        }
    }

    private void Collect(Sql sql, long owner, RunState? state)
    {
        using Statement rows = _session.Use(sql);
        rows.Bind(owner);
        if (state is { } s)
        {
            rows.Bind((long)s);
        }

        rows.Bind(OldestUseful).Bind(_before.CreatedAt).Bind(_before.Seq).Bind(_limit);
        while (rows.Step())
        {
            _newest.Enqueue(rows.Long(1), (rows.Long(0), rows.Long(1)));
            if (_newest.Count > _limit)
            {
                _newest.Dequeue();
            }
        }
    }

    // Once there are enough, an older one than all of them is of no use.
    private long OldestUseful => _newest.Count >= _limit && _newest.TryPeek(out _, out (long CreatedAt, long Seq) oldest) ? oldest.CreatedAt : _from;

    private RunPage Page()
    {
        bool more = _newest.Count == _limit;
        if (more)
        {
            _newest.Dequeue();
        }

        var runs = new List<RunInfo>(_newest.Count);
        while (_newest.TryDequeue(out long seq, out _))
        {
            if (ReadRun.Get(_session, seq) is { } run)
            {
                runs.Add(run);
            }
        }

        runs.Reverse();
        return new RunPage(runs, more && runs.Count > 0 ? runs[^1].Id : null);
    }

    private static long? ProjectNumber(SqliteSession session, string project)
    {
        using Statement find = session.Use(FindProject);
        return find.Bind(project).Step() ? find.Long(0) : null;
    }

    private List<long> FunctionNumbers(RunFilter filter, long project)
    {
        var numbers = new List<long>();
        using Statement rows = _session.Use(FindFunctions);
        rows.Bind(project).Bind(filter.App).Bind(filter.Function);
        while (rows.Step())
        {
            numbers.Add(rows.Long(0));
        }

        return numbers;
    }

    // A cursor whose run has been removed: the millisecond in its id says about where it was.
    public static (long CreatedAt, long Seq) Position(SqliteSession session, long project, RunId id)
    {
        using Statement find = session.Use(FindCursor);
        if (find.Bind(id).Bind(project).Step())
        {
            return (find.Long(0), find.Long(1));
        }

        return (IdTime.Micros(id.Value), long.MinValue);
    }
}
