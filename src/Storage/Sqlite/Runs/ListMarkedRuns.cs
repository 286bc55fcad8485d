using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Codecs;
using InterCluster.Storage.Sqlite.Batches;
using InterCluster.Storage.Sqlite.Engine;

namespace InterCluster.Storage.Sqlite.Runs;

/// <summary>
/// Reads a page of a batch or of a tag, newest first. Its index knows no more than that, so that a run costs it nothing but its entry; what else the
/// filter says is looked at run by run, and a page ends after a bounded number of them.
/// </summary>
internal sealed class ListMarkedRuns
{
    private const int MostLookedAt = 10_000;

    private static readonly Sql OfBatch = new("""
        select seq, id, function_id, state, created_at, tag from runs indexed by runs_by_batch
        where batch = @batch and line < @before order by line desc limit @limit
        """);

    private static readonly Sql OfTag = new("""
        select seq, id, function_id, state, created_at, tag from runs indexed by runs_by_tag
        where project_id = @project and tag = @tag and created_at <= @created_at and (created_at, seq) < (@created_at, @seq)
        order by created_at desc, seq desc limit @limit
        """);

    private static readonly Sql FindLine = new("select line from runs where id = @id and batch = @batch");

    private static readonly Sql FindFunctions = new("""
        select id from functions where project_id = @project and (@app is null or app = @app) and (@name is null or name = @name)
        """);

    public static RunPage Read(SqliteSession session, RunFilter filter, long project, RunId? before, int limit)
    {
        using Statement? rows = filter.Batch is { } id ? Batch(session, filter.Project, id, before) : Tag(session, filter.Tag!, project, before);
        return rows is null ? new RunPage([], null) : Page(session, rows, filter, Functions(session, filter, project), limit);
    }

    private static Statement? Batch(SqliteSession session, string project, BatchId id, RunId? before)
    {
        if (BatchRows.FindSeq(session, project, id) is not { } batch)
        {
            return null;
        }

        long line = before is { } cursor ? Line(session, cursor, batch) : long.MaxValue;
        return session.Use(OfBatch).Bind(batch).Bind(line).Bind(MostLookedAt);
    }

    private static Statement Tag(SqliteSession session, string tag, long project, RunId? before)
    {
        (long createdAt, long seq) = before is { } id ? ListRuns.Position(session, project, id) : (long.MaxValue, long.MaxValue);
        return session.Use(OfTag).Bind(project).Bind(tag).Bind(createdAt).Bind(seq).Bind(MostLookedAt);
    }

    // A cursor whose run is gone, or was never of this batch: there is nothing after it.
    private static long Line(SqliteSession session, RunId id, long batch)
    {
        using Statement find = session.Use(FindLine);
        return find.Bind(id).Bind(batch).Step() ? find.Long(0) : 0;
    }

    private static HashSet<int>? Functions(SqliteSession session, RunFilter filter, long project)
    {
        if (filter is { App: null, Function: null })
        {
            return null;
        }

        var numbers = new HashSet<int>();
        using Statement rows = session.Use(FindFunctions);
        rows.Bind(project).Bind(filter.App).Bind(filter.Function);
        while (rows.Step())
        {
            numbers.Add(rows.Int(0));
        }

        return numbers;
    }

    private static RunPage Page(SqliteSession session, Statement rows, RunFilter filter, HashSet<int>? functions, int limit)
    {
        var runs = new List<RunInfo>();
        RunId last = default;
        int lookedAt = 0;
        while (runs.Count < limit && rows.Step())
        {
            lookedAt++;
            last = rows.Id(1);
            if (Matches(rows, filter, functions) && ReadRun.Get(session, rows.Long(0)) is { } run)
            {
                runs.Add(run);
            }
        }

        bool more = lookedAt == MostLookedAt || (runs.Count == limit && rows.Step());
        return new RunPage(runs, more ? last : null);
    }

    private static bool Matches(Statement row, RunFilter filter, HashSet<int>? functions) =>
        (functions is null || functions.Contains(row.Int(2)))
        && (filter.State is not { } state || row.Int(3) == (int)state)
        && (filter.From is not { } from || row.Long(4) >= Micros.From(from))
        && (filter.To is not { } to || row.Long(4) < Micros.From(to))
        && (filter.Tag is not { } tag || row.TextOrNull(5) == tag);
}
