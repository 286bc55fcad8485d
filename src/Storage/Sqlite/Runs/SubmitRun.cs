using InterCluster.Core.Runs;
using InterCluster.Storage.Codecs;
using InterCluster.Storage.Sqlite.Engine;
using InterCluster.Storage.Sqlite.Webhooks;

namespace InterCluster.Storage.Sqlite.Runs;

/// <summary>Stores a run, or finds the one that its idempotency key names.</summary>
/// <param name="run">The run.</param>
/// <param name="headers">Its headers, encoded.</param>
/// <param name="hash">Its request's hash; null without an idempotency key.</param>
/// <param name="idempotencyLifetime">In microseconds.</param>
/// <param name="batch">The number of its batch; null outside of one.</param>
internal sealed class SubmitRun(NewRun run, byte[] headers, byte[]? hash, long idempotencyLifetime, long? batch = null)
{
    private static readonly Sql InsertRun = new("""
        insert into runs (id, project_id, function_id, state, priority, max_attempts, ready_at, created_at, submitted_by,
                          batch, line, tag, origin, max_age, expires_at, backoff_first, backoff_longest)
        values (@id, @project, @function, @state, @priority, @max_attempts, @ready_at, @created_at, @submitted_by,
                @batch, @line, @tag, @origin, @max_age, @expires_at, @backoff_first, @backoff_longest)
        """);

    private static readonly Sql InsertRequest = new("""
        insert into requests (seq, method, path, headers, body) values (@seq, @method, @path, @headers, @body)
        """);

    private static readonly Sql FindKey = new("""
        select run_id, request_hash from idempotency where function_id = @function and key = @key and expires_at > @now
        """);

    private static readonly Sql PutKey = new("""
        insert or replace into idempotency (function_id, key, request_hash, run_id, expires_at)
        values (@function, @key, @hash, @run, @expires_at)
        """);

    public SubmitResult Apply(WriteSession session)
    {
        FunctionRow function = session.Intern(run.Function);
        if (hash is not null)
        {
            if (Find(session, function) is { } earlier)
            {
                return earlier;
            }

            Remember(session, function);
        }

        Insert(session, function);
        return new SubmitResult(run.Id, SubmitOutcome.Accepted);
    }

    private SubmitResult? Find(WriteSession session, FunctionRow function)
    {
        using Statement find = session.Use(FindKey);
        if (!find.Bind(function.Id).Bind(run.IdempotencyKey).Bind(session.Now).Step())
        {
            return null;
        }

        bool same = find.Span(1).SequenceEqual(hash);
        return new SubmitResult(find.Id(0), same ? SubmitOutcome.Duplicate : SubmitOutcome.Mismatch);
    }

    private void Remember(WriteSession session, FunctionRow function)
    {
        using Statement put = session.Use(PutKey);
        put.Bind(function.Id).Bind(run.IdempotencyKey).Bind(hash).Bind(run.Id).Bind(session.Now + idempotencyLifetime).Run();
    }

    private void Insert(WriteSession session, FunctionRow function)
    {
        long? runAt = Micros.From(run.RunAt);
        RunState state = runAt > session.Now ? RunState.Scheduled : RunState.Queued;
        using (Statement insert = session.Use(InsertRun))
        {
            insert.Bind(run.Id).Bind(function.ProjectId).Bind(function.Id).Bind((long)state).Bind((long)run.Priority).Bind(run.MaxAttempts)
                .Bind(state == RunState.Scheduled ? runAt!.Value : session.Now).Bind(Micros.From(run.CreatedAt)).Bind(run.SubmittedBy)
                .Bind(batch).Bind(batch is null ? null : run.Line).Bind(run.Tag).Bind(run.Origin)
                .Bind(Micros.From(run.MaxAge)).Bind(ExpiresAt(runAt))
                .Bind(Micros.From(run.Backoff?.First)).Bind(Micros.From(run.Backoff?.Longest)).Run();
        }

        using (Statement insert = session.Use(InsertRequest))
        {
            insert.Bind(session.Connection.LastRowId).Bind(run.Request.Method).Bind(run.Request.PathAndQuery)
                .Bind(headers.AsSpan()).Bind(run.Request.Body.Span).Run();
        }

        if (run.Webhook is { } webhook)
        {
            RunWebhooks.Add(session, run.Id, webhook);
        }

        session.Effects.Changed(run.Id, function.Id, batch, from: null, state);
    }

    private long? ExpiresAt(long? runAt) =>
        run.MaxAge is { } age ? Math.Max(Micros.From(run.CreatedAt), runAt ?? 0) + Micros.From(age) : null;
}
