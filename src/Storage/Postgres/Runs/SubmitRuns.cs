using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Postgres.Engine;
using Npgsql;
using NpgsqlTypes;

namespace InterCluster.Storage.Postgres.Runs;

/// <summary>Stores a group of runs, or finds those that their idempotency keys name.</summary>
internal sealed class SubmitRuns(TimeSpan idempotencyLifetime)
{
    // A key that is in force is left as it is, and the answer has no row for it. Two servers that take the same keys take them in the same order.
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

    public void Apply(PgSession session, List<SubmitWork> group)
    {
        session.Functions.Intern(session, group.Select(w => w.Run.Function));
        if (group.TrueForAll(w => w.Hash is null))
        {
            Insert(session, group);
            group.ForEach(w => w.Result = new SubmitResult(w.Run.Id, SubmitOutcome.Accepted));
        }
        else
        {
            ApplyKeyed(session, group);
        }
    }

    private static void Insert(PgSession session, IEnumerable<SubmitWork> works)
    {
        RunRow[] rows = [.. works.Select(w => new RunRow(w.Run, session.Functions[w.Run.Function], w.Headers))];
        if (rows.Length > 0)
        {
            using NpgsqlBatch batch = session.Batch();
            InsertRuns.Add(batch, rows);
            batch.ExecuteNonQuery();
        }
    }

    private void ApplyKeyed(PgSession session, List<SubmitWork> group)
    {
        using NpgsqlTransaction transaction = session.Connection.BeginTransaction();
        Dictionary<(int, string), (RunId Id, byte[] Hash)> kept = TakeAll(session, group);
        foreach (SubmitWork work in group)
        {
            work.Result = Outcome(work, work.Hash is null ? null : kept[Key(session, work)]);
        }

        Insert(session, group.Where(w => w.Result.Outcome == SubmitOutcome.Accepted));
        transaction.Commit();
    }

    private static SubmitResult Outcome(SubmitWork work, (RunId Id, byte[] Hash)? kept) =>
        kept is not { } key || key.Id == work.Run.Id ? new SubmitResult(work.Run.Id, SubmitOutcome.Accepted)
        : new SubmitResult(key.Id, key.Hash.AsSpan().SequenceEqual(work.Hash) ? SubmitOutcome.Duplicate : SubmitOutcome.Mismatch);

    private Dictionary<(int, string), (RunId Id, byte[] Hash)> TakeAll(PgSession session, List<SubmitWork> group)
    {
        // The first of a key in the group stands for it.
        SubmitWork[] first = [.. group.Where(w => w.Hash is not null)
            .DistinctBy(w => Key(session, w))
            .OrderBy(w => session.Functions[w.Run.Function].Id).ThenBy(w => w.Run.IdempotencyKey, StringComparer.Ordinal)];
        NpgsqlParameter functions = RunArrays.Ints(first, w => session.Functions[w.Run.Function].Id);
        NpgsqlParameter keys = RunArrays.Texts(first, w => w.Run.IdempotencyKey);
        using NpgsqlBatch batch = session.Batch();
        batch.Add(
            TakeKeys, functions, keys, RunArrays.Column(first, w => w.Hash!, NpgsqlDbType.Bytea), RunArrays.Ids(first, w => w.Run.Id),
            Pg.Value(idempotencyLifetime, NpgsqlDbType.Interval));
        batch.Add(ReadKeys, functions.Clone(), keys.Clone());
        using NpgsqlDataReader rows = batch.ExecuteReader();
        var kept = new Dictionary<(int, string), (RunId, byte[])>();
        while (rows.Read())
        {
            kept.Add((rows.GetInt32(0), rows.GetString(1)), (new RunId(rows.GetGuid(3)), rows.GetBytes(2)));
        }

        return kept;
    }

    private static (int, string) Key(PgSession session, SubmitWork work) => (session.Functions[work.Run.Function].Id, work.Run.IdempotencyKey!);
}
