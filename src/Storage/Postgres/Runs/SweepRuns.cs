using InterCluster.Core.Batches;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Postgres.Engine;
using Npgsql;
using NpgsqlTypes;

namespace InterCluster.Storage.Postgres.Runs;

/// <summary>One pass over what time has changed. Rows that another dispatcher's pass holds are left to it.</summary>
internal sealed class SweepRuns
{
    private const string Expire = $"""
        with
          now as materialized (select clock() as time),
          late as materialized (
            select id from live where expires_at is not null and state < 2 and expires_at <= (select time from now)
            order by expires_at limit $1 for update skip locked),
          moved as (
            delete from live l using late where l.id = late.id
            returning l.id, l.started_at, l.expires_at, l.lease, l.function_id, l.batch, l.attempt, l.crashes, l.status, l.hooked, l.state as from_state, 6 as to_state),
          ended as (
            {RunFacts.IntoFinished}
            select id, started_at, now.time, expires_at, lease, function_id, attempt, crashes, status, 6, hooked, 'expired' from moved, now),
          counted as ({RunFacts.IntoCounts})
        select id, function_id, to_state, from_state::int from moved
        """;

    private const string Promote = $"""
        with
          now as materialized (select clock() as time),
          due as materialized (
            select id from live where state = 0 and ready_at <= (select time from now) order by ready_at, id limit $1 for update skip locked),
          moved as (
            update live l set state = 1, ready_at = now.time from due, now where l.id = due.id
            returning l.id, l.function_id, l.batch, 0 as from_state, 1 as to_state),
          counted as ({RunFacts.IntoCounts})
        select id, function_id, to_state, from_state from moved
        """;

    private const string Lost = """
        lost as materialized (
          select id, attempt >= max_attempts or crashes + 1 >= $2 as is_last
          from live where state = 2 and lease_until <= (select time from now) order by lease_until, id limit $1 for update skip locked)
        """;

    private const string TakeBack = $"""
        with
          now as materialized (select clock() as time),
          {Lost},
          back as (
            update live l set state = 1, crashes = l.crashes + 1, error = 'worker_lost', lease_until = null, ready_at = now.time
            from lost, now where l.id = lost.id and not lost.is_last
            returning l.id, l.function_id, l.batch, 2 as from_state, 1 as to_state),
          gone as (
            delete from live l using lost where l.id = lost.id and lost.is_last
            returning l.id, l.started_at, l.expires_at, l.lease, l.function_id, l.batch, l.attempt, l.crashes + 1 as crashes, l.status, l.hooked),
          ended as (
            {RunFacts.IntoFinished}
            select id, started_at, now.time, expires_at, lease, function_id, attempt, crashes, status, 6, hooked, 'worker_lost' from gone, now),
          moved as (select * from back union all select id, function_id, batch, 2, 6 from gone),
          counted as ({RunFacts.IntoCounts})
        select id, function_id, to_state, from_state from moved
        """;

    private const string ForgetKeys = """
        delete from idempotency where (function_id, key) in (
          select function_id, key from idempotency where expires_at <= (select clock()) order by expires_at limit $1 for update skip locked)
        """;

    private const string InterruptUploads = """
        with
          now as materialized (select clock() as time),
          silent as materialized (
            select id from batches where state = 0 and updated_at <= (select time from now) - $2 order by updated_at limit $1 for update skip locked)
        update batches b set state = 2, closed_at = now.time from silent, now where b.id = silent.id
        """;

    private const string NextDue = """
        select least(
          (select min(ready_at) from live where state = 0), (select min(expires_at) from live where expires_at is not null and state < 2))
        """;

    private readonly Dictionary<int, List<RunId>> _ready = [];
    private int _due;
    private int _expired;
    private int _dead;
    private int _tooOld;

    public static SweepResult Apply(PgSession session, int maxCrashes, int limit) => new SweepRuns().Run(session, maxCrashes, limit);

    private SweepResult Run(PgSession session, int maxCrashes, int limit)
    {
        DateTimeOffset? nextDue = Read(session, maxCrashes, limit);
        session.Functions.Load(session, _ready.Keys);
        return new SweepResult(_due, _expired, _dead, [.. _ready.Select(r => new ReadyRuns(session.Functions[r.Key].Function, r.Value))]) 
        {
            TooOld = _tooOld,
            NextDue = nextDue,
        };
    }

    private DateTimeOffset? Read(PgSession session, int maxCrashes, int limit)
    {
        using NpgsqlBatch batch = session.Batch();
        // First: what is too old must not become ready.
        batch.Add(Expire, Pg.Int(limit));
        batch.Add(Promote, Pg.Int(limit));
        batch.Add(TakeBack, Pg.Int(limit), Pg.Int(maxCrashes));
        batch.Add(NextDue);
        batch.Add(ForgetKeys, Pg.Int(limit));
        batch.Add(InterruptUploads, Pg.Int(limit), Pg.Value(BatchRules.UploadSilence, NpgsqlDbType.Interval));
        using NpgsqlDataReader rows = batch.ExecuteReader();
        for (int result = 0; result < 3; result++)
        {
            while (rows.Read())
            {
                Moved(session, new RunId(rows.GetGuid(0)), rows.GetInt32(1), (RunState)rows.GetInt32(2), (RunState)rows.GetInt32(3));
            }

            rows.NextResult();
        }

        rows.Read();
        DateTimeOffset? nextDue = rows.GetTimeOrNull(0);
        rows.Close();
        return nextDue;
    }

    private void Moved(PgSession session, RunId id, int function, RunState to, RunState from)
    {
        if (to == RunState.Dead)
        {
            _ = from == RunState.Running ? _dead++ : _tooOld++;
            session.Effects.Finished.Add(id);
            session.Effects.DeliveriesDue = true;
            return;
        }

        _ = from == RunState.Scheduled ? _due++ : _expired++;
        if (!_ready.TryGetValue(function, out List<RunId>? ids))
        {
            _ready.Add(function, ids = []);
        }

        ids.Add(id);
    }
}
