using InterCluster.Core.Batches;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Postgres.Engine;
using InterCluster.Storage.Postgres.Runs;
using Npgsql;
using NpgsqlTypes;

namespace InterCluster.Storage.Postgres.Batches;

/// <summary>Opens, fills and cancels batches.</summary>
internal static class BatchCommands
{
    // Two uploads with one key open one batch: the second waits for the first's commit.
    private const string LockKey = "select pg_advisory_xact_lock($1, hashtext($2))";

    private const string Again = """
        update batches
        set upload = upload + 1, updated_at = now.time, state = case state when 2 then 0 else state end, closed_at = case state when 2 then null else closed_at end
        from (select clock() as time) as now
        where id = (
          select id from batches where function_id = $1 and key = $2 and key_until > (select clock()) order by id desc limit 1)
        returning id
        """;

    private const string Insert = """
        insert into batches (id, project_id, function_id, state, upload, digest, key, key_until, created_at, updated_at, submitted_by)
        select $1, $2, $3, 0, 1, '', $4, case when $4 is not null then now.time + $5 end, $6, now.time, $7 from (select clock() as time) as now
        """;

    private const string PutWebhook = """
        insert into batch_webhooks (batch, url, authority, secret, retries) values ($1, $2, $3, $4, $5)
        on conflict (batch) do update set url = excluded.url, authority = excluded.authority, secret = excluded.secret, retries = excluded.retries
        """;

    private const string Hold = "select 1 from batches where id = $1 and state = 0 and upload = $2 for update";

    private const string Advance = """
        update batches
        set lines = $2, digest = $3, rejected = rejected + $4, duplicates = duplicates + $5, state = $6, updated_at = now.time,
            closed_at = case when $6 = 0 then null else now.time end
        from (select clock() as time) as now
        where id = $1
        """;

    private const string CancelSql = """
        update batches set state = 3, updated_at = now.time, closed_at = coalesce(closed_at, now.time)
        from (select clock() as time) as now
        where id = $1 and project_id = (select id from projects where name = $2) and state <> 3
        """;

    public static BatchInfo Open(PgSession session, NewBatch batch, TimeSpan keyLifetime)
    {
        session.Functions.Intern(session, [batch.Function]);
        FunctionRow function = session.Functions[batch.Function];
        using NpgsqlTransaction transaction = session.Connection.BeginTransaction();
        BatchId id = (batch.IdempotencyKey is { } key ? OpenAgain(session, function, key) : null) ?? OpenNew(session, function, batch, keyLifetime);
        BatchInfo opened = BatchRows.Get(session, batch.Function.App.Project, id)!;
        if (batch.Webhook is { } webhook && opened.State == BatchState.Receiving)
        {
            session.Run(
                PutWebhook, Pg.Id(id.Value), Pg.Text(webhook.Url), Pg.Text(webhook.Authority), Pg.Text(webhook.Secret), Pg.Short((short)webhook.Retries));
        }

        transaction.Commit();
        return opened;
    }

    public static IReadOnlyList<SubmitOutcome>? Append(PgSession session, BatchSlice slice, List<Submission> runs, SubmitRuns submit)
    {
        session.Functions.Intern(session, slice.Runs.Select(r => r.Function));
        using NpgsqlTransaction transaction = session.Connection.BeginTransaction();
        using NpgsqlCommand hold = session.Command(Hold, Pg.Id(slice.Batch.Value), Pg.Int(slice.Upload));
        if (hold.ExecuteScalar() is null)
        {
            return null;
        }

        SubmitOutcome[] outcomes = [.. submit.ApplyInTransaction(session, runs).Select(r => r.Outcome)];
        session.Run(
            Advance,
            Pg.Id(slice.Batch.Value),
            Pg.Value(slice.Lines, NpgsqlDbType.Bigint),
            Pg.Bytes(slice.Digest.ToArray()),
            Pg.Int(slice.Rejected + outcomes.Count(o => o == SubmitOutcome.Mismatch)),
            Pg.Int(outcomes.Count(o => o == SubmitOutcome.Duplicate)),
            Pg.Short((short)(slice.Close ?? BatchState.Receiving)));
        transaction.Commit();
        return outcomes;
    }

    public static BatchInfo? Cancel(PgSession session, string project, BatchId id)
    {
        session.Run(CancelSql, Pg.Id(id.Value), Pg.Text(project));
        return BatchRows.Get(session, project, id);
    }

    private static BatchId? OpenAgain(PgSession session, FunctionRow function, string key)
    {
        session.Run(LockKey, Pg.Int(function.Id), Pg.Text(key));
        using NpgsqlCommand again = session.Command(Again, Pg.Int(function.Id), Pg.Text(key));
        return again.ExecuteScalar() is Guid id ? new BatchId(id) : null;
    }

    private static BatchId OpenNew(PgSession session, FunctionRow function, NewBatch batch, TimeSpan keyLifetime)
    {
        session.Run(
            Insert, Pg.Id(batch.Id.Value), Pg.Int(function.ProjectId), Pg.Int(function.Id), Pg.Text(batch.IdempotencyKey),
            Pg.Value(keyLifetime, NpgsqlDbType.Interval), Pg.Time(batch.CreatedAt), Pg.Text(batch.SubmittedBy));
        return batch.Id;
    }
}
