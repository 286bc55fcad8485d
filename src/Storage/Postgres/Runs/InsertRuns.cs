using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Postgres.Engine;
using Npgsql;
using NpgsqlTypes;

namespace InterCluster.Storage.Postgres.Runs;

/// <summary>A run to be inserted, with what its row needs beside it.</summary>
internal readonly record struct RunRow(NewRun Run, FunctionRow Function, byte[] Headers, BatchId? Batch)
{
    /// <summary>True for a run with nothing special about it, as most are: its row is shorter.</summary>
    public bool IsPlain => Batch is null && Run is { Tag: null, MaxAge: null, Backoff: null, Origin: null };
}

/// <summary>The statements that insert runs: what was submitted, and its place in the queue.</summary>
internal static class InsertRuns
{
    private const string Plain = """
        insert into requests (id, created_at, project_id, function_id, max_attempts, priority, submitted_by, method, path, headers, body)
        select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """;

    private const string Full = """
        insert into requests (id, created_at, project_id, function_id, max_attempts, priority, submitted_by, method, path, headers, body,
                              batch, line, tag, origin, max_age, backoff_first, backoff_longest)
        select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
        """;

    // The database's clock says whether a run is due. Those of one group become ready a microsecond apart, so that their order is kept.
    private const string Live = """
        with
          now as materialized (select clock() as time),
          added as (
            insert into live (id, ready_at, expires_at, batch, function_id, max_attempts, priority, hooked, state)
            select given.id, coalesce(given.later, now.time + (given.n - 1) * interval '1 microsecond'), given.expires_at, given.batch, given.function_id,
                   given.max_attempts, given.priority, given.hooked, case when given.later is null then 1 else 0 end
            from now,
              lateral (
                select u.id, case when u.run_at > now.time then u.run_at end as later, u.expires_at, u.batch, u.function_id, u.max_attempts, u.priority,
                  u.hooked, u.n
                from unnest($1, $2, $3, $4, $5, $6, $7, $8)
                  with ordinality as u (id, run_at, expires_at, batch, function_id, max_attempts, priority, hooked, n)
                offset 0) as given
            returning function_id, batch, state)
        insert into counts (function_id, batch, scheduled, queued)
        select function_id, batch, count(*) filter (where state = 0), count(*) filter (where state = 1) from added group by function_id, batch
        """;

    private const string Webhooks = "insert into run_webhooks (run_id, url, authority, secret, retries) select * from unnest($1, $2, $3, $4, $5)";

    public static void Add(NpgsqlBatch batch, IReadOnlyList<RunRow> rows)
    {
        NpgsqlParameter[] plain = PlainColumns(rows);
        if (rows.All(r => r.IsPlain))
        {
            batch.Add(Plain, plain);
        }
        else
        {
            batch.Add(Full, [.. plain, .. SpecialColumns(rows)]);
        }

        batch.Add(
            Live,
            RunArrays.Ids(rows, r => r.Run.Id),
            RunArrays.Times(rows, r => r.Run.RunAt),
            RunArrays.Times(rows, r => ExpiresAt(r.Run)),
            RunArrays.Column(rows, r => r.Batch?.Value, NpgsqlDbType.Uuid),
            RunArrays.Ints(rows, r => r.Function.Id),
            RunArrays.Ints(rows, r => r.Run.MaxAttempts),
            RunArrays.Shorts(rows, r => (short)r.Run.Priority),
            RunArrays.Column(rows, r => r.Run.Webhook is not null, NpgsqlDbType.Boolean));
        AddWebhooks(batch, [.. rows.Select(r => r.Run).Where(r => r.Webhook is not null)]);
    }

    private static void AddWebhooks(NpgsqlBatch batch, NewRun[] runs)
    {
        if (runs.Length > 0)
        {
            batch.Add(
                Webhooks,
                RunArrays.Ids(runs, r => r.Id),
                RunArrays.Texts(runs, r => r.Webhook!.Url),
                RunArrays.Texts(runs, r => r.Webhook!.Authority),
                RunArrays.Texts(runs, r => r.Webhook!.Secret),
                RunArrays.Shorts(runs, r => (short)r.Webhook!.Retries));
        }
    }

    private static NpgsqlParameter[] PlainColumns(IReadOnlyList<RunRow> rows) =>
    [
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
        RunArrays.Column(rows, r => r.Run.Request.Body, NpgsqlDbType.Bytea),
    ];

    private static NpgsqlParameter[] SpecialColumns(IReadOnlyList<RunRow> rows) =>
    [
        RunArrays.Column(rows, r => r.Batch?.Value, NpgsqlDbType.Uuid),
        RunArrays.Column<RunRow, long?>(rows, r => r.Batch is null ? null : r.Run.Line, NpgsqlDbType.Bigint),
        RunArrays.Texts(rows, r => r.Run.Tag),
        RunArrays.Column(rows, r => r.Run.Origin?.Value, NpgsqlDbType.Uuid),
        RunArrays.Spans(rows, r => r.Run.MaxAge),
        RunArrays.Spans(rows, r => r.Run.Backoff?.First),
        RunArrays.Spans(rows, r => r.Run.Backoff?.Longest),
    ];

    private static DateTimeOffset? ExpiresAt(NewRun run) =>
        run.MaxAge is { } age ? (run.RunAt > run.CreatedAt ? run.RunAt.Value : run.CreatedAt) + age : null;
}
