using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Codecs;
using InterCluster.Storage.Sqlite.Engine;

namespace InterCluster.Storage.Sqlite.Runs;

/// <summary>Reads single runs.</summary>
internal static class ReadRun
{
    private const string Columns = """
        select r.id, p.name, f.app, f.name, r.state, q.method, q.path, r.priority, r.attempt, r.max_attempts, r.crashes, r.lease,
               r.created_at, r.ready_at, r.started_at, r.finished_at, r.status, r.error,
               b.id, r.line, r.tag, r.expires_at, r.origin,
               r.finished_at is not null and r.status is not null and r.state <> 5 and not exists (select 1 from responses a where a.seq = r.seq)
        from runs r
        join projects p on p.id = r.project_id
        join functions f on f.id = r.function_id
        join requests q on q.seq = r.seq
        left join batches b on b.seq = r.batch
        """;

    private static readonly Sql ById = new($"{Columns} where r.id = @id and p.name = @project");

    private static readonly Sql BySeq = new($"{Columns} where r.seq = @seq");

    private static readonly Sql SelectResponse = new("""
        select r.status, a.headers, a.body
        from runs r join projects p on p.id = r.project_id join responses a on a.seq = r.seq
        where r.id = @id and p.name = @project
        """);

    private static readonly Sql SelectResponseBySeq = new("""
        select r.status, a.headers, a.body from runs r join responses a on a.seq = r.seq where r.seq = @seq
        """);

    private static readonly Sql SelectRequest = new("""
        select q.method, q.path, q.headers, q.body
        from runs r join projects p on p.id = r.project_id join requests q on q.seq = r.seq
        where r.id = @id and p.name = @project
        """);

    public static RunRequest? GetRequest(SqliteSession session, string project, RunId id)
    {
        using Statement row = session.Use(SelectRequest);
        return row.Bind(id).Bind(project).Step() ? new RunRequest(row.Text(0), row.Text(1), HeaderCodec.Decode(row.Span(2)), row.Bytes(3)) : null;
    }

    public static RunInfo? Get(SqliteSession session, string project, RunId id)
    {
        using Statement row = session.Use(ById);
        return row.Bind(id).Bind(project).Step() ? Info(row) : null;
    }

    /// <summary>Null: it was removed meanwhile.</summary>
    public static RunInfo? Get(SqliteSession session, long seq)
    {
        using Statement row = session.Use(BySeq);
        return row.Bind(seq).Step() ? Info(row) : null;
    }

    public static RunResponse? GetResponse(SqliteSession session, string project, RunId id)
    {
        using Statement row = session.Use(SelectResponse);
        return row.Bind(id).Bind(project).Step() ? Response(row) : null;
    }

    public static RunResponse? GetResponse(SqliteSession session, long seq)
    {
        using Statement row = session.Use(SelectResponseBySeq);
        return row.Bind(seq).Step() ? Response(row) : null;
    }

    private static RunResponse Response(Statement row) => new(row.Int(0), HeaderCodec.Decode(row.Span(1)), row.Bytes(2));

    private static RunInfo Info(Statement row)
    {
        var state = (RunState)row.Int(4);
        return new RunInfo
        {
            Id = row.Id(0),
            Function = new FunctionId(new AppId(row.Text(1), row.Text(2)), row.Text(3)),
            State = state,
            Method = row.Text(5),
            PathAndQuery = row.Text(6),
            Priority = (RunPriority)row.Int(7),
            Attempt = row.Int(8),
            MaxAttempts = row.Int(9),
            Crashes = row.Int(10),
            Lease = row.Long(11),
            CreatedAt = Micros.ToTime(row.Long(12)),
            RunAt = state == RunState.Scheduled ? Micros.ToTime(row.Long(13)) : null,
            StartedAt = Micros.ToTime(row.LongOrNull(14)),
            FinishedAt = Micros.ToTime(row.LongOrNull(15)),
            Status = row.IntOrNull(16),
            Error = row.TextOrNull(17),
            Batch = row.IsNull(18) ? null : new BatchId(row.Id(18).Value),
            Line = row.LongOrNull(19),
            Tag = row.TextOrNull(20),
            ExpiresAt = Micros.ToTime(row.LongOrNull(21)),
            Origin = row.IdOrNull(22),
            IsResultExpired = row.Int(23) != 0,
        };
    }
}
