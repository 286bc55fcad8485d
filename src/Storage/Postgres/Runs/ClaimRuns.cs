using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Codecs;
using InterCluster.Storage.Postgres.Engine;
using Npgsql;
using NpgsqlTypes;

namespace InterCluster.Storage.Postgres.Runs;

/// <summary>
/// Claims for a group of workers in one transaction. No statement waits for a row that somebody else holds, but for one that would otherwise have to
/// say that nothing is ready: see <see cref="NextOrWait"/>.
/// </summary>
internal sealed class ClaimRuns(TimeProvider time)
{
    private const string Take = """
        taken as (
          update live l
          set state = 2, attempt = l.attempt + 1, lease = l.lease + 1, lease_until = now.time + picked.hold, started_at = now.time, worker = picked.worker
          from picked, now
          where l.id = picked.id and l.state + 0 = 1
          returning l.id, l.function_id, l.batch, l.attempt, l.max_attempts, l.lease, l.crashes, l.ready_at, l.priority, picked.call, picked.n),
        counted as (
          insert into counts (function_id, batch, queued, running) select function_id, batch, -count(*), count(*) from taken group by function_id, batch)
        select t.call, t.n, t.id, t.function_id, t.attempt, t.max_attempts, t.lease, t.crashes, t.ready_at, t.priority, r.method, r.path, r.headers, r.body,
               r.backoff_first, r.backoff_longest
        from taken t join requests r on r.id = t.id
        """;

    private const string These = $"""
        with
          now as materialized (select clock() as time),
          picked as materialized (
            select l.id, given.worker, given.hold, given.call, given.n
            from unnest($1, $2, $3, $4) with ordinality as given (id, worker, hold, call, n) join live l on l.id = given.id
            where l.state + 0 = 1 and (l.expires_at is null or l.expires_at > (select time from now))
            for update of l skip locked),
        {Take}
        """;

    // Each lane from where it was last claimed up to: below lie the dead entries of what is gone. The best of all lanes say how many to take of each.
    private const string Lanes = """
        with
          now as materialized (select clock() as time),
          best as materialized (
            select priority
            from (values (0::smallint, $3), (1::smallint, $4), (2::smallint, $5)) as lane (number, start) cross join lateral (
              select id, priority, ready_at from live
              where function_id = $1 and state = 1 and priority = lane.number and ready_at >= lane.start
                and (expires_at is null or expires_at > (select time from now))
              order by ready_at, id limit $2) ready
            order by ready_at + priority * $9, id limit $2),
          lane0 as (select id from live where function_id = $1 and state = 1 and priority = 0 and ready_at >= $3
                      and (expires_at is null or expires_at > (select time from now))
                    order by ready_at, id limit (select count(*) from best where priority = 0) for update {0}),
          lane1 as (select id from live where function_id = $1 and state = 1 and priority = 1 and ready_at >= $4
                      and (expires_at is null or expires_at > (select time from now))
                    order by ready_at, id limit (select count(*) from best where priority = 1) for update {0}),
          lane2 as (select id from live where function_id = $1 and state = 1 and priority = 2 and ready_at >= $5
                      and (expires_at is null or expires_at > (select time from now))
                    order by ready_at, id limit (select count(*) from best where priority = 2) for update {0}),
          picked as materialized (
            select id, $6::text as worker, $7::interval as hold, $8::int as call, 0::bigint as n
            from (select id from lane0 union all select id from lane1 union all select id from lane2) lanes),
        """;

    private static readonly string Next = Lanes.Replace("{0}", "skip locked", StringComparison.Ordinal) + Take;

    // Waits for those that hold the rows: when they have gone, what they left is claimed, and what they took is out of the way.
    private static readonly string NextOrWait = Lanes.Replace("{0}", "", StringComparison.Ordinal) + Take;

    private readonly ReadyPositions _positions = new(time);

    public void Apply(PgSession session, List<ClaimWork> group)
    {
        List<Row> rows = ReadTogether(session, group);
        session.Functions.Load(session, rows.Select(r => r.Function));
        ILookup<int, Row> byCall = rows.ToLookup(r => r.Call);
        for (int call = 0; call < group.Count; call++)
        {
            group[call].Result = Answer(session, group[call], byCall[call]);
        }
    }

    private List<Row> ReadTogether(PgSession session, List<ClaimWork> group)
    {
        var these = new List<(ClaimTheseWork Work, int Call, int Index)>();
        using NpgsqlBatch batch = session.Batch();
        for (int call = 0; call < group.Count; call++)
        {
            if (group[call] is ClaimTheseWork work)
            {
                these.AddRange(work.Ids.Select((_, index) => (work, call, index)));
            }
            else if (group[call] is ClaimNextWork next && session.Functions.Find(session, next.Function) is { } function)
            {
                AddNext(batch, Next, function, next, next.Most, call, _positions.Of(function.Id));
            }
        }

        AddThese(batch, [.. these.DistinctBy(t => t.Work.Ids[t.Index]).OrderBy(t => t.Work.Ids[t.Index].Value)]);
        List<Row> rows = Read(batch);
        AddWhatIsLeft(session, group, rows);
        return rows;
    }

    private static void AddThese(NpgsqlBatch batch, (ClaimTheseWork Work, int Call, int Index)[] these)
    {
        if (these.Length > 0)
        {
            batch.Add(
                These,
                RunArrays.Ids(these, t => t.Work.Ids[t.Index]),
                RunArrays.Texts(these, t => t.Work.Worker),
                RunArrays.Spans(these, t => t.Work.Lease),
                RunArrays.Ints(these, t => t.Call));
        }
    }

    private static void AddNext(NpgsqlBatch batch, string sql, FunctionRow function, ClaimNextWork work, int limit, int call, ReadyPosition from) => batch.Add(
        sql,
        Pg.Int(function.Id),
        Pg.Int(limit),
        Pg.Value(from.High, NpgsqlDbType.TimestampTz),
        Pg.Value(from.Normal, NpgsqlDbType.TimestampTz),
        Pg.Value(from.Low, NpgsqlDbType.TimestampTz),
        Pg.Text(work.Worker),
        Pg.Value(work.Lease, NpgsqlDbType.Interval),
        Pg.Int(call),
        Pg.Value(PriorityLanes.LaneHead, NpgsqlDbType.Interval));

    // Fewer than asked for has to mean that there are no more: looked at again from the beginning, one function at a time.
    private void AddWhatIsLeft(PgSession session, List<ClaimWork> group, List<Row> rows)
    {
        for (int call = 0; call < group.Count; call++)
        {
            if (group[call] is not ClaimNextWork next || session.Functions.Find(session, next.Function) is not { } function)
            {
                continue;
            }

            List<Row> got = rows.FindAll(r => r.Call == call);
            if (got.Count < next.Most)
            {
                List<Row> left = ReadWhatIsLeft(session, function, next, next.Most - got.Count, call);
                rows.AddRange(left);
                got.AddRange(left);
            }

            _positions.Claimed(function.Id, got.Select(r => (r.Priority, r.ReadyAt)), all: got.Count < next.Most);
        }
    }

    // A transaction of its own. Should it fail, what was claimed before it is committed and has to be handed out all the same.
    private static List<Row> ReadWhatIsLeft(PgSession session, FunctionRow function, ClaimNextWork next, int limit, int call)
    {
        try
        {
            using NpgsqlBatch batch = session.Batch();
            AddNext(batch, NextOrWait, function, next, limit, call, ReadyPosition.Start);
            return Read(batch);
        }
        catch (NpgsqlException)
        {
            return [];
        }
    }

    private static List<Row> Read(NpgsqlBatch batch)
    {
        var rows = new List<Row>();
        if (batch.BatchCommands.Count == 0)
        {
            return rows;
        }

        using NpgsqlDataReader reader = batch.ExecuteReader();
        do
        {
            while (reader.Read())
            {
                rows.Add(Row.Read(reader));
            }
        }
        while (reader.NextResult());

        return rows;
    }

    private static ClaimedRun[] Answer(PgSession session, ClaimWork work, IEnumerable<Row> rows)
    {
        IEnumerable<Row> inOrder = work is ClaimTheseWork these
            ? rows.OrderBy(r => Index(these.Ids, r.Id))
            : rows.OrderBy(r => PriorityLanes.Rank((RunPriority)r.Priority, r.ReadyAt)).ThenBy(r => r.Id.Value);
        return [.. inOrder.Select(r => new ClaimedRun(r.Id, session.Functions[r.Function].Function, r.Request, r.Attempt, r.MaxAttempts, r.Lease, r.Crashes)
        {
            ReadyAt = r.ReadyAt,
            Backoff = r.Backoff,
        })];
    }

    private static int Index(IReadOnlyList<RunId> ids, RunId id)
    {
        int index = 0;
        while (ids[index] != id)
        {
            index++;
        }

        return index;
    }

    private readonly record struct Row(
        int Call, RunId Id, int Function, int Attempt, int MaxAttempts, long Lease, int Crashes, DateTimeOffset ReadyAt, int Priority, RunRequest Request,
        Backoff? Backoff)
    {
        public static Row Read(NpgsqlDataReader row) => new(
            row.GetInt32(0), new RunId(row.GetGuid(2)), row.GetInt32(3), row.GetInt32(4), row.GetInt32(5), row.GetInt64(6), row.GetInt32(7), row.GetTime(8),
            row.GetInt16(9), new RunRequest(row.GetString(10), row.GetString(11), HeaderCodec.Decode(row.GetBytes(12)), row.GetBytes(13)),
            row.IsDBNull(14) ? null : new Backoff(row.GetTimeSpan(14), row.GetTimeSpan(15)));
    }
}
