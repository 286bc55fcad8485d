using InterCluster.Core.Batches;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Codecs;
using InterCluster.Storage.Postgres.Engine;
using InterCluster.Storage.Postgres.Runs;
using Npgsql;
using NpgsqlTypes;

namespace InterCluster.Storage.Postgres.Batches;

/// <summary>Reads batches and the results of their runs.</summary>
internal static class BatchRows
{
    // What was folded in, and what came since: together, as of one moment.
    private const string Columns = """
        select b.id, b.function_id, b.state, b.created_at, b.closed_at, b.lines, b.duplicates, b.rejected,
               b.scheduled + coalesce(s.scheduled, 0), b.queued + coalesce(s.queued, 0), b.running + coalesce(s.running, 0),
               b.succeeded + coalesce(s.succeeded, 0), b.failed + coalesce(s.failed, 0), b.cancelled + coalesce(s.cancelled, 0),
               b.dead + coalesce(s.dead, 0), b.key, b.submitted_by, b.upload, b.digest
        from batches b cross join lateral (
          select sum(scheduled)::bigint as scheduled, sum(queued)::bigint as queued, sum(running)::bigint as running, sum(succeeded)::bigint as succeeded,
                 sum(failed)::bigint as failed, sum(cancelled)::bigint as cancelled, sum(dead)::bigint as dead
          from counts where batch = b.id) s
        """;

    private const string ById = $"{Columns} where b.id = $1 and b.project_id = (select id from projects where name = $2)";

    private const string Before = $"""
        {Columns} where b.project_id = (select id from projects where name = $1) and b.id < $2 order by b.id desc limit $3
        """;

    // Answers up to so many bytes, but one run at least; a body is read only when its row is sent.
    private const string SelectResults = $"""
        select * from (
          {ReadRuns.Columns}, f.status as answered, a.headers, a.body,
            coalesce(sum(octet_length(a.body)) over (order by r.line rows between unbounded preceding and 1 preceding), 0) as before
          from (
            select * from requests
            where batch = $1 and project_id = (select id from projects where name = $2) and line > $3 order by line limit $4) r
          {ReadRuns.Joins} left join responses a on a.id = f.id) results
        where before < $5
        """;

    public static BatchInfo? Get(PgSession session, string project, BatchId id)
    {
        using NpgsqlCommand find = session.Command(ById, Pg.Id(id.Value), Pg.Text(project));
        return Infos(session, find).FirstOrDefault();
    }

    public static BatchPage List(PgSession session, string project, BatchId? before, int limit)
    {
        using NpgsqlCommand select = session.Command(Before, Pg.Text(project), Pg.Id(before?.Value ?? Guid.AllBitsSet), Pg.Int(limit + 1));
        List<BatchInfo> batches = Infos(session, select);
        if (batches.Count <= limit)
        {
            return new BatchPage(batches, null);
        }

        batches.RemoveAt(limit);
        return new BatchPage(batches, batches[^1].Id);
    }

    public static IReadOnlyList<BatchResult> Results(PgSession session, string project, BatchId id, long afterLine, int limit, long maxBytes)
    {
        var results = new List<(int Function, RunInfo Run, RunResponse? Response)>();
        using (NpgsqlCommand select = session.Command(
            SelectResults, Pg.Id(id.Value), Pg.Text(project), Pg.Value(afterLine, NpgsqlDbType.Bigint), Pg.Int(limit), Pg.Value(maxBytes, NpgsqlDbType.Bigint)))
        using (NpgsqlDataReader row = select.ExecuteReader())
        {
            while (row.Read())
            {
                results.Add((row.GetInt32(1), ReadRuns.Info(row), Response(row)));
            }
        }

        session.Functions.Load(session, results.Select(r => r.Function));
        return results.ConvertAll(r => new BatchResult(r.Run with { Function = session.Functions[r.Function].Function }, r.Response));
    }

    private static RunResponse? Response(NpgsqlDataReader row) =>
        row.IsDBNull(ReadRuns.ColumnCount) || row.IsDBNull(ReadRuns.ColumnCount + 1) ? null
        : new RunResponse(row.GetInt32(ReadRuns.ColumnCount), HeaderCodec.Decode(row.GetBytes(ReadRuns.ColumnCount + 1)), row.GetBytes(ReadRuns.ColumnCount + 2));

    private static List<BatchInfo> Infos(PgSession session, NpgsqlCommand select)
    {
        var infos = new List<(int Function, BatchInfo Info)>();
        using (NpgsqlDataReader row = select.ExecuteReader())
        {
            while (row.Read())
            {
                infos.Add((row.GetInt32(1), Info(row)));
            }
        }

        session.Functions.Load(session, infos.Select(i => i.Function));
        return infos.ConvertAll(i => i.Info with { Function = session.Functions[i.Function].Function });
    }

    private static BatchInfo Info(NpgsqlDataReader row) => new()
    {
        Id = new BatchId(row.GetGuid(0)),
        Function = default,
        State = (BatchState)row.GetInt16(2),
        CreatedAt = row.GetTime(3),
        ClosedAt = row.GetTimeOrNull(4),
        Lines = row.GetInt64(5),
        Duplicates = row.GetInt64(6),
        Rejected = row.GetInt64(7),
        Counts = new RunCounts(
            row.GetInt64(8), row.GetInt64(9), row.GetInt64(10), row.GetInt64(11), row.GetInt64(12), row.GetInt64(13), row.GetInt64(14)),
        IdempotencyKey = row.GetTextOrNull(15),
        SubmittedBy = row.GetTextOrNull(16),
        Upload = row.GetInt32(17),
        Digest = row.GetBytes(18),
    };
}
