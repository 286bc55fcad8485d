using InterCluster.Core.Runs;
using InterCluster.Storage.Postgres.Engine;
using Npgsql;
using NpgsqlTypes;

namespace InterCluster.Storage.Postgres.Runs;

/// <summary>A run to be inserted, with what its row needs beside it.</summary>
internal readonly record struct RunRow(NewRun Run, FunctionRow Function, byte[] Headers);

/// <summary>The statements that insert runs: what was submitted, and its place in the queue.</summary>
internal static class InsertRuns
{
    // Kept short for the many runs that have nothing special about them: a column costs as much as it does in the row again.
    private const string Requests = """
        insert into requests (id, created_at, project_id, function_id, max_attempts, priority, submitted_by, method, path, headers, body)
        select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """;

    // The database's clock says whether a run is due. Those of one group become ready a microsecond apart, so that their order is kept.
    private const string Live = """
        with
          now as materialized (select clock() as time),
          added as (
            insert into live (id, ready_at, function_id, max_attempts, priority, state)
            select given.id, coalesce(given.later, now.time + (given.n - 1) * interval '1 microsecond'), given.function_id, given.max_attempts,
                   given.priority, case when given.later is null then 1 else 0 end
            from now,
              lateral (
                select u.id, case when u.run_at > now.time then u.run_at end as later, u.function_id, u.max_attempts, u.priority, u.n
                from unnest($1, $2, $3, $4, $5) with ordinality as u (id, run_at, function_id, max_attempts, priority, n)
                offset 0) as given
            returning function_id, state)
        insert into counts (function_id, scheduled, queued)
        select function_id, count(*) filter (where state = 0), count(*) filter (where state = 1) from added group by function_id
        """;

    public static void Add(NpgsqlBatch batch, IReadOnlyList<RunRow> rows)
    {
        batch.Add(
            Requests,
            RunArrays.Ids(rows, r => r.Run.Id),
            RunArrays.Times(rows, r => r.Run.CreatedAt),
            RunArrays.Ints(rows, r => r.Function.ProjectId),
            RunArrays.Ints(rows, r => r.Function.Id),
            RunArrays.Ints(rows, r => r.Run.MaxAttempts),
            RunArrays.Shorts(rows, r => (short)r.Run.Priority),
            RunArrays.Texts(rows, r => r.Run.SubmittedBy),
            RunArrays.Texts(rows, r => r.Run.Request.Method),
            RunArrays.Texts(rows, r => r.Run.Request.PathAndQuery),
            RunArrays.Column(rows, r => r.Headers, NpgsqlDbType.Bytea),
            RunArrays.Column(rows, r => r.Run.Request.Body, NpgsqlDbType.Bytea));
        batch.Add(
            Live,
            RunArrays.Ids(rows, r => r.Run.Id),
            RunArrays.Times(rows, r => r.Run.RunAt),
            RunArrays.Ints(rows, r => r.Function.Id),
            RunArrays.Ints(rows, r => r.Run.MaxAttempts),
            RunArrays.Shorts(rows, r => (short)r.Run.Priority));
    }
}
