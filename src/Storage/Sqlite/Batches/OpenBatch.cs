using InterCluster.Core.Batches;
using InterCluster.Core.Naming;
using InterCluster.Storage.Codecs;
using InterCluster.Storage.Sqlite.Engine;
using InterCluster.Storage.Sqlite.Webhooks;

namespace InterCluster.Storage.Sqlite.Batches;

/// <summary>Opens a batch, or the one that its key names, for a new upload.</summary>
internal static class OpenBatch
{
    private static readonly Sql FindKey = new("""
        select seq from batches indexed by batches_by_key
        where function_id = @function and key = @key and key_until > @now order by seq desc limit 1
        """);

    private static readonly Sql Again = new("""
        update batches set upload = upload + 1, updated_at = @now, state = iif(state = 2, 0, state), closed_at = iif(state = 2, null, closed_at)
        where seq = @seq
        """);

    private static readonly Sql Insert = new("""
        insert into batches (id, project_id, function_id, state, upload, digest, key, key_until, created_at, updated_at, submitted_by)
        values (@id, @project, @function, 0, 1, x'', @key, @key_until, @created_at, @now, @submitted_by)
        """);

    public static BatchInfo Apply(WriteSession session, NewBatch batch, long keyLifetime)
    {
        FunctionRow function = session.Intern(batch.Function);
        long? known = batch.IdempotencyKey is { } key ? Find(session, function, key) : null;
        if (known is { } seq)
        {
            using Statement again = session.Use(Again);
            again.Bind(session.Now).Bind(seq).Run();
            return Opened(session, batch, seq);
        }

        using (Statement insert = session.Use(Insert))
        {
            insert.Bind(new RunId(batch.Id.Value)).Bind(function.ProjectId).Bind(function.Id).Bind(batch.IdempotencyKey)
                .Bind(batch.IdempotencyKey is null ? null : session.Now + keyLifetime).Bind(Micros.From(batch.CreatedAt)).Bind(session.Now)
                .Bind(batch.SubmittedBy).Run();
        }

        return Opened(session, batch, session.Connection.LastRowId);
    }

    private static BatchInfo Opened(WriteSession session, NewBatch batch, long seq)
    {
        BatchInfo opened = BatchRows.Get(session.Connection, seq);
        if (batch.Webhook is { } webhook && opened.State == BatchState.Receiving)
        {
            Receivers.Wish(session, seq, webhook);
        }

        return opened;
    }

    private static long? Find(WriteSession session, FunctionRow function, string key)
    {
        using Statement find = session.Use(FindKey);
        return find.Bind(function.Id).Bind(key).Bind(session.Now).Step() ? find.Long(0) : null;
    }
}
