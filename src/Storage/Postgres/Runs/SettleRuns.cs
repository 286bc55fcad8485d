using InterCluster.Core.Runs;
using InterCluster.Storage.Codecs;
using InterCluster.Storage.GroupCommit;
using InterCluster.Storage.Postgres.Engine;
using Npgsql;
using NpgsqlTypes;

namespace InterCluster.Storage.Postgres.Runs;

/// <summary>What a worker says of its attempts. Times are kept as what is left until them: the worker's clock may be wrong, the database's decides.</summary>
internal sealed class SettleWork(IReadOnlyList<Settlement> settlements, DateTimeOffset now, CancellationToken ct)
    : PgWork<IReadOnlyList<bool>>(new WorkCost(settlements.Count, settlements.Sum(s => (long?)s.Response?.Body.Length ?? 0)), ct)
{
    public IReadOnlyList<Settlement> Settlements => settlements;

    public TimeSpan? Delay(Settlement settlement) =>
        settlement.State == RunState.Scheduled ? (settlement.RunAt - now) ?? TimeSpan.Zero : null;
}

internal static class SettleRuns
{
    private const string End = $"""
        with
          now as materialized (select clock() as time),
          moved as (
            delete from live l using unnest($1, $2, $3, $4, $5, $6, $7) with ordinality as given (id, lease, state, status, error, headers, body, n)
            where l.id = given.id and l.lease = given.lease and l.state + 0 = 2
            returning l.id, l.started_at, l.expires_at, l.lease, l.function_id, l.batch, l.attempt, l.crashes,
              l.hooked, coalesce(given.status, l.status) as status, given.state as to_state, 2 as from_state, given.error, given.headers, given.body,
              given.n),
          ended as (
            {RunFacts.IntoFinished}
            select id, started_at, now.time, expires_at, lease, function_id, attempt, crashes, status, to_state, hooked, error from moved, now),
          counted as ({RunFacts.IntoCounts}),
          answered as ({Answered})
        select n::int - 1, hooked from moved
        """;

    private const string Back = $"""
        with
          now as materialized (select clock() as time),
          moved as (
            update live l
            set state = given.state, lease_until = null, ready_at = now.time + coalesce(given.delay, interval '0'),
                attempt = l.attempt - case when given.given_back then 1 else 0 end, status = coalesce(given.status, l.status),
                error = case when given.given_back then l.error else given.error end
            from now,
              unnest($1, $2, $3, $4, $5, $6, $7, $8, $9) with ordinality as given (id, lease, state, status, error, headers, body, delay, given_back, n)
            where l.id = given.id and l.lease = given.lease and l.state + 0 = 2
            returning l.id, l.function_id, l.batch, given.state as to_state, 2 as from_state, given.headers, given.body, given.n),
          counted as ({RunFacts.IntoCounts}),
          answered as ({Answered})
        select n::int - 1, false from moved
        """;

    private const string Answered = """
        insert into responses (id, headers, body) select id, headers, body from moved where headers is not null
        on conflict (id) do update set headers = excluded.headers, body = excluded.body
        """;

    public static void Apply(PgSession session, List<SettleWork> group)
    {
        // Of two that name the same lease, the first is heard. In the order of the ids everywhere, so that no two groups wait for each other.
        Item[] items = [.. group
            .SelectMany(w => w.Settlements.Select((s, index) => new Item(w, index, s)))
            .DistinctBy(i => (i.Settlement.Id, i.Settlement.Lease))
            .OrderBy(i => i.Settlement.Id.Value)];
        Item[] ends = Array.FindAll(items, i => RunStateMachine.IsTerminal(i.Settlement.State));
        Item[] backs = Array.FindAll(items, i => !RunStateMachine.IsTerminal(i.Settlement.State));
        using NpgsqlBatch batch = session.Batch();
        if (ends.Length > 0)
        {
            batch.Add(End, Parameters(ends));
        }

        if (backs.Length > 0)
        {
            batch.Add(
                Back,
                [
                    .. Parameters(backs),
                    RunArrays.Spans(backs, i => i.Work.Delay(i.Settlement)),
                    RunArrays.Column(backs, i => i.Settlement.NotAnAttempt, NpgsqlDbType.Boolean),
                ]);
        }

        Dictionary<SettleWork, bool[]> accepted = group.ToDictionary(w => w, w => new bool[w.Settlements.Count]);
        Read(session, batch, ends, backs, accepted);
        group.ForEach(w => w.Result = accepted[w]);
    }

    private static NpgsqlParameter[] Parameters(Item[] items) =>
    [
        RunArrays.Ids(items, i => i.Settlement.Id),
        RunArrays.Longs(items, i => i.Settlement.Lease),
        RunArrays.Shorts(items, i => (short)i.Settlement.State),
        RunArrays.Column(items, i => i.Settlement.Response?.Status, NpgsqlDbType.Integer),
        RunArrays.Texts(items, i => i.Settlement.Error),
        RunArrays.Column(items, i => i.Settlement.Response is { } r ? HeaderCodec.Encode(r.Headers) : null, NpgsqlDbType.Bytea),
        RunArrays.Column(items, i => i.Settlement.Response?.Body, NpgsqlDbType.Bytea),
    ];

    private static void Read(PgSession session, NpgsqlBatch batch, Item[] ends, Item[] backs, Dictionary<SettleWork, bool[]> accepted)
    {
        if (batch.BatchCommands.Count == 0)
        {
            return;
        }

        using NpgsqlDataReader reader = batch.ExecuteReader();
        Item[] current = ends.Length > 0 ? ends : backs;
        do
        {
            while (reader.Read())
            {
                Item item = current[reader.GetInt32(0)];
                accepted[item.Work][item.Index] = true;
                if (RunStateMachine.IsTerminal(item.Settlement.State))
                {
                    session.Effects.Finished.Add(item.Settlement.Id);
                    session.Effects.DeliveriesDue |= reader.GetBoolean(1);
                }
            }

            current = backs;
        }
        while (reader.NextResult());
    }

    private readonly record struct Item(SettleWork Work, int Index, Settlement Settlement);
}
