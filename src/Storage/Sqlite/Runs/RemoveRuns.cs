using InterCluster.Core.Naming;
using InterCluster.Storage.Codecs;
using InterCluster.Storage.GroupCommit;
using InterCluster.Storage.Retention;
using InterCluster.Storage.Sqlite.Engine;

namespace InterCluster.Storage.Sqlite.Runs;

/// <summary>Removes what has ended long ago.</summary>
internal sealed class RemoveRuns(SqliteDatabase database) : IEndedRuns
{
    private static readonly Sql SelectFunctions = new("""
        select f.id, p.name, f.app, f.name from functions f join projects p on p.id = f.project_id
        """);

    private static readonly Sql SelectOver = new("""
        select seq from runs indexed by runs_over
        where function_id = @function and state = @state and state > 2 and finished_at < @before order by finished_at, seq limit @limit
        """);

    private static readonly Sql SelectResultsOver = new("""
        select seq, finished_at from runs indexed by runs_over
        where function_id = @function and state = @state and state > 2 and (finished_at, seq) > (@from, @from_seq) and finished_at < @before
        order by finished_at, seq limit @limit
        """);

    private static readonly Sql SelectMark = new("""
        select results_until, seq_until from retention_marks where function_id = @function and state = @state
        """);

    private static readonly Sql PutMark = new("""
        insert into retention_marks (function_id, state, results_until, seq_until) values (@function, @state, @until, @seq)
        on conflict (function_id, state) do update set results_until = excluded.results_until, seq_until = excluded.seq_until
        """);

    private static readonly Sql DropResponse = new("delete from responses where seq = @seq");
    private static readonly Sql DropRequest = new("delete from requests where seq = @seq");
    private static readonly Sql DropRun = new("delete from runs where seq = @seq");

    private static readonly Sql DropBatches = new("""
        delete from batches where seq in (
            select b.seq from batches b indexed by batches_closed
            where b.state <> 0 and b.created_at < @before and not exists (select 1 from runs r where r.batch = b.seq) limit @limit)
        """);

    public ValueTask<IReadOnlyList<NumberedFunction>> FunctionsAsync(CancellationToken ct) => database.ReadAsync<IReadOnlyList<NumberedFunction>>(
        s =>
        {
            var functions = new List<NumberedFunction>();
            using Statement rows = s.Use(SelectFunctions);
            while (rows.Step())
            {
                functions.Add(new NumberedFunction(rows.Int(0), new FunctionId(new AppId(rows.Text(1), rows.Text(2)), rows.Text(3))));
            }

            return functions;
        },
        ct);

    public ValueTask<IReadOnlyList<Keeping>> OverAsync(KeptThing thing, IReadOnlyList<Keeping> kept, CancellationToken ct) =>
        database.ReadAsync<IReadOnlyList<Keeping>>(
            s =>
            {
                long now = database.Now;
                return [.. kept.Where(k => thing == KeptThing.Runs ? Over(s, k, now, 1).Count > 0 : ResultsOver(s, k, now, 1).Count > 0)];
            },
            ct);

    public ValueTask<int> RemoveAsync(Keeping kept, int limit, CancellationToken ct) =>
        database.WriteAsync(s => Remove(s, kept, limit), new WorkCost(limit), ct);

    public ValueTask<int> RemoveResultsAsync(Keeping kept, int limit, CancellationToken ct) =>
        database.WriteAsync(s => RemoveResults(s, kept, limit), new WorkCost(limit), ct);

    public ValueTask<int> RemoveBatchesAsync(TimeSpan age, int limit, CancellationToken ct) =>
        database.WriteAsync(s => RemoveBatches(s, age, limit), ct);

    private static int Remove(WriteSession session, Keeping kept, int limit)
    {
        List<long> old = Over(session.Connection, kept, session.Now, limit);
        foreach (long seq in old)
        {
            Drop(session, DropResponse, seq);
            Drop(session, DropRequest, seq);
            Drop(session, DropRun, seq);
        }

        return old.Count;
    }

    private static int RemoveResults(WriteSession session, Keeping kept, int limit)
    {
        List<(long Seq, long FinishedAt)> old = ResultsOver(session.Connection, kept, session.Now, limit);
        if (old.Count == 0)
        {
            return 0;
        }

        old.ForEach(run => Drop(session, DropResponse, run.Seq));
        using Statement put = session.Use(PutMark);
        put.Bind(kept.Function).Bind((long)kept.State).Bind(old[^1].FinishedAt).Bind(old[^1].Seq).Run();
        return old.Count;
    }

    private static List<long> Over(SqliteSession session, Keeping kept, long now, int limit)
    {
        var old = new List<long>();
        using Statement rows = session.Use(SelectOver);
        rows.Bind(kept.Function).Bind((long)kept.State).Bind(now - Micros.From(kept.Age)).Bind(limit);
        while (rows.Step())
        {
            old.Add(rows.Long(0));
        }

        return old;
    }

    private static List<(long Seq, long FinishedAt)> ResultsOver(SqliteSession session, Keeping kept, long now, int limit)
    {
        (long from, long seq) = Mark(session, kept);
        var old = new List<(long, long)>();
        using Statement rows = session.Use(SelectResultsOver);
        rows.Bind(kept.Function).Bind((long)kept.State).Bind(from).Bind(seq).Bind(now - Micros.From(kept.Age)).Bind(limit);
        while (rows.Step())
        {
            old.Add((rows.Long(0), rows.Long(1)));
        }

        return old;
    }

    private static (long From, long Seq) Mark(SqliteSession session, Keeping kept)
    {
        using Statement find = session.Use(SelectMark);
        return find.Bind(kept.Function).Bind((long)kept.State).Step() ? (find.Long(0), find.Long(1)) : (0, 0);
    }

    private static void Drop(WriteSession session, Sql sql, long seq)
    {
        using Statement drop = session.Use(sql);
        drop.Bind(seq).Run();
    }

    private static int RemoveBatches(WriteSession session, TimeSpan age, int limit)
    {
        using Statement drop = session.Use(DropBatches);
        return drop.Bind(session.Now - Micros.From(age)).Bind(limit).Run();
    }
}
