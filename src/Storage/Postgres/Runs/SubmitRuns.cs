using InterCluster.Core.Failures;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Postgres.Engine;
using Npgsql;
using NpgsqlTypes;

namespace InterCluster.Storage.Postgres.Runs;

/// <summary>A run to be stored, prepared.</summary>
/// <param name="Run">The run.</param>
/// <param name="Headers">Its headers, encoded.</param>
/// <param name="Hash">Its request's hash; null without an idempotency key.</param>
/// <param name="Batch">Its batch.</param>
internal readonly record struct Submission(NewRun Run, byte[] Headers, byte[]? Hash, BatchId? Batch = null);

/// <summary>Stores runs, or finds those that their idempotency keys name.</summary>
internal sealed class SubmitRuns(TimeSpan idempotencyLifetime)
{
    // A key that is in force is left as it is. Two servers that take the same keys take them in the same order.
    private const string TakeKeys = """
        insert into idempotency as kept (function_id, key, request_hash, run_id, expires_at)
        select given.function_id, given.key, given.hash, given.run_id, now.time + $5
        from (select clock() as time) as now, unnest($1, $2, $3, $4) as given (function_id, key, hash, run_id)
        on conflict (function_id, key) do update
          set request_hash = excluded.request_hash, run_id = excluded.run_id, expires_at = excluded.expires_at
          where kept.expires_at <= excluded.expires_at - $5
        """;

    // A statement of its own: what the one before waited for is seen only now.
    private const string ReadKeys = """
        select kept.function_id, kept.key, kept.request_hash, kept.run_id
        from unnest($1, $2) as given (function_id, key) join idempotency kept on kept.function_id = given.function_id and kept.key = given.key
        """;

    /// <summary>Applies a group of single submissions in one transaction.</summary>
    public void Apply(PgSession session, List<SubmitWork> group)
    {
        SubmitResult[] results = Apply(session, group.ConvertAll(w => w.Submission));
        for (int i = 0; i < results.Length; i++)
        {
            group[i].Result = results[i];
        }
    }

    private SubmitResult[] Apply(PgSession session, List<Submission> group)
    {
        session.Functions.Intern(session, group.Select(s => s.Run.Function));
        if (group.TrueForAll(s => s.Hash is null))
        {
            Insert(session, group);
            return [.. group.Select(s => new SubmitResult(s.Run.Id, SubmitOutcome.Accepted))];
        }

        using NpgsqlTransaction transaction = session.Connection.BeginTransaction();
        SubmitResult[] results = ApplyInTransaction(session, group);
        Failpoint.Hit(FailurePoint.SubmissionWritten);
        transaction.Commit();
        return results;
    }

    /// <summary>Within a transaction of the caller's, whose functions are known.</summary>
    public SubmitResult[] ApplyInTransaction(PgSession session, List<Submission> group)
    {
        Dictionary<(int, string), (RunId Id, byte[] Hash)> kept = TakeAll(session, group);
        SubmitResult[] results = [.. group.Select(s => Outcome(s, s.Hash is null ? null : kept[Key(session, s)]))];
        Insert(session, [.. group.Where((_, i) => results[i].Outcome == SubmitOutcome.Accepted)]);
        return results;
    }

    private static void Insert(PgSession session, List<Submission> group)
    {
        if (group.Count > 0)
        {
            using NpgsqlBatch batch = session.Batch();
            InsertRuns.Add(batch, group.ConvertAll(s => new RunRow(s.Run, session.Functions[s.Run.Function], s.Headers, s.Batch)));
            batch.ExecuteNonQuery();
        }
    }

    private static SubmitResult Outcome(in Submission submission, (RunId Id, byte[] Hash)? kept) =>
        kept is not { } key || key.Id == submission.Run.Id ? new SubmitResult(submission.Run.Id, SubmitOutcome.Accepted)
        : new SubmitResult(key.Id, key.Hash.AsSpan().SequenceEqual(submission.Hash) ? SubmitOutcome.Duplicate : SubmitOutcome.Mismatch);

    private Dictionary<(int, string), (RunId Id, byte[] Hash)> TakeAll(PgSession session, List<Submission> group)
    {
        var kept = new Dictionary<(int, string), (RunId, byte[])>();
        // The first of a key in the group stands for it.
        Submission[] first = [.. group.Where(s => s.Hash is not null)
            .DistinctBy(s => Key(session, s))
            .OrderBy(s => session.Functions[s.Run.Function].Id).ThenBy(s => s.Run.IdempotencyKey, StringComparer.Ordinal)];
        if (first.Length == 0)
        {
            return kept;
        }

        NpgsqlParameter functions = RunArrays.Ints(first, s => session.Functions[s.Run.Function].Id);
        NpgsqlParameter keys = RunArrays.Texts(first, s => s.Run.IdempotencyKey);
        using NpgsqlBatch batch = session.Batch();
        batch.Add(
            TakeKeys, functions, keys, RunArrays.Column(first, s => s.Hash!, NpgsqlDbType.Bytea), RunArrays.Ids(first, s => s.Run.Id),
            Pg.Value(idempotencyLifetime, NpgsqlDbType.Interval));
        batch.Add(ReadKeys, functions.Clone(), keys.Clone());
        using NpgsqlDataReader rows = batch.ExecuteReader();
        while (rows.Read())
        {
            kept.Add((rows.GetInt32(0), rows.GetString(1)), (new RunId(rows.GetGuid(3)), rows.GetBytes(2)));
        }

        return kept;
    }

    private static (int, string) Key(PgSession session, in Submission submission) =>
        (session.Functions[submission.Run.Function].Id, submission.Run.IdempotencyKey!);
}
