using InterCluster.Core.Batches;
using InterCluster.Core.Naming;
using InterCluster.Storage.Codecs;
using InterCluster.Storage.Sqlite.Engine;

namespace InterCluster.Storage.Sqlite.Batches;

/// <summary>Reads batches.</summary>
internal static class BatchRows
{
    private const string Columns = """
        select b.seq, b.id, p.name, f.app, f.name, b.state, b.created_at, b.closed_at, b.lines, b.duplicates, b.rejected,
               b.scheduled, b.queued, b.running, b.succeeded, b.failed, b.cancelled, b.dead, b.key, b.submitted_by, b.upload, b.digest
        from batches b
        join projects p on p.id = b.project_id
        join functions f on f.id = b.function_id
        """;

    private static readonly Sql ById = new($"{Columns} where b.id = @id and p.name = @project");

    private static readonly Sql BySeq = new($"{Columns} where b.seq = @seq");

    private static readonly Sql Before = new($"""
        {Columns} where b.project_id = @project and (b.created_at, b.seq) < (@created_at, @seq)
        order by b.created_at desc, b.seq desc limit @limit
        """);

    private static readonly Sql FindProject = new("select id from projects where name = @project");

    private static readonly Sql FindCursor = new("select created_at, seq from batches where id = @id and project_id = @project");

    public static BatchInfo? Get(SqliteSession session, string project, BatchId id)
    {
        using Statement row = session.Use(ById);
        return row.Bind(new RunId(id.Value)).Bind(project).Step() ? Info(row) : null;
    }

    public static BatchInfo Get(SqliteSession session, long seq)
    {
        using Statement row = session.Use(BySeq);
        row.Bind(seq).Step();
        return Info(row);
    }

    public static long? FindSeq(SqliteSession session, string project, BatchId id)
    {
        using Statement row = session.Use(ById);
        return row.Bind(new RunId(id.Value)).Bind(project).Step() ? row.Long(0) : null;
    }

    public static BatchPage List(SqliteSession session, string project, BatchId? before, int limit)
    {
        var batches = new List<BatchInfo>();
        if (ProjectNumber(session, project) is { } number)
        {
            (long createdAt, long seq) = before is { } id ? Position(session, number, id) : (long.MaxValue, long.MaxValue);
            using Statement rows = session.Use(Before);
            rows.Bind(number).Bind(createdAt).Bind(seq).Bind(limit + 1);
            while (rows.Step())
            {
                batches.Add(Info(rows));
            }
        }

        if (batches.Count <= limit)
        {
            return new BatchPage(batches, null);
        }

        batches.RemoveAt(limit);
        return new BatchPage(batches, batches[^1].Id);
    }

    private static long? ProjectNumber(SqliteSession session, string project)
    {
        using Statement find = session.Use(FindProject);
        return find.Bind(project).Step() ? find.Long(0) : null;
    }

    // A batch that is gone stands for its millisecond, as a run does.
    private static (long CreatedAt, long Seq) Position(SqliteSession session, long project, BatchId id)
    {
        using Statement find = session.Use(FindCursor);
        return find.Bind(new RunId(id.Value)).Bind(project).Step()
            ? (find.Long(0), find.Long(1))
            : (IdTime.Micros(id.Value), long.MinValue);
    }

    private static BatchInfo Info(Statement row) => new()
    {
        Id = new BatchId(row.Id(1).Value),
        Function = new FunctionId(new AppId(row.Text(2), row.Text(3)), row.Text(4)),
        State = (BatchState)row.Int(5),
        CreatedAt = Micros.ToTime(row.Long(6)),
        ClosedAt = Micros.ToTime(row.LongOrNull(7)),
        Lines = row.Long(8),
        Duplicates = row.Long(9),
        Rejected = row.Long(10),
        Counts = new RunCounts(row.Long(11), row.Long(12), row.Long(13), row.Long(14), row.Long(15), row.Long(16), row.Long(17)),
        IdempotencyKey = row.TextOrNull(18),
        SubmittedBy = row.TextOrNull(19),
        Upload = row.Int(20),
        Digest = row.Bytes(21),
    };
}
