using System.Collections.Concurrent;
using InterCluster.Core.Runs;
using InterCluster.Storage.Postgres.Engine;
using InterCluster.Storage.Retention;
using Npgsql;
using NpgsqlTypes;

namespace InterCluster.Storage.Postgres.Runs;

/// <summary>Removes what has ended long ago.</summary>
internal sealed class RemoveRuns(PostgresDatabase database) : IEndedRuns
{
    private const string Over = """
        select g.n::int - 1 from unnest($1, $2, $3) with ordinality as g (function_id, state, age, n)
        where exists (
          select from finished f where f.function_id = g.function_id and f.state = g.state and f.finished_at < (select clock()) - g.age)
        """;

    private const string ResultsOver = """
        select g.n::int - 1 from unnest($1, $2, $3) with ordinality as g (function_id, state, age, n)
        left join retention_marks m on m.function_id = g.function_id and m.state = g.state
        where exists (
          select from finished f where f.function_id = g.function_id and f.state = g.state
            and f.finished_at > coalesce(m.results_until, '-infinity') and f.finished_at < (select clock()) - g.age)
        """;

    // From where the last removal ended: before it are the dead entries of what it removed.
    private const string Remove = """
        with
          old as materialized (
            select id, finished_at from finished
            where function_id = $1 and state = $2 and finished_at >= $3 and finished_at < (select clock()) - $4
            order by finished_at limit $5 for update skip locked),
          gone as (delete from finished f using old where f.id = old.id),
          responses_gone as (delete from responses a using old where a.id = old.id),
          webhooks_gone as (delete from run_webhooks w using old where w.run_id = old.id),
          requests_gone as (delete from requests r using old where r.id = old.id)
        select count(*)::int, max(finished_at) from old
        """;

    // Those that ended in one commit share their time: the mark must not stop between them.
    private const string RemoveResults = """
        with
          old as materialized (
            select id, finished_at from finished
            where function_id = $1 and state = $2 and finished_at < (select clock()) - $3
              and finished_at > coalesce((select results_until from retention_marks where function_id = $1 and state = $2), '-infinity')
            order by finished_at fetch first $4 rows with ties),
          gone as (delete from responses a using old where a.id = old.id),
          marked as (
            insert into retention_marks as m (function_id, state, results_until) select $1, $2, max(finished_at) from old having count(*) > 0
            on conflict (function_id, state) do update set results_until = greatest(m.results_until, excluded.results_until))
        select count(*)::int from old
        """;

    private const string RemoveBatches = """
        delete from batches where id in (
          select b.id from batches b
          where b.state <> 0 and b.created_at < (select clock()) - $1
            and not exists (select from requests r where r.batch = b.id)
          limit $2 for update skip locked)
        """;

    private const string Functions = "select f.id, p.name, f.app, f.name from functions f join projects p on p.id = f.project_id";

    private readonly ConcurrentDictionary<(int, RunState), DateTime> _from = [];

    public ValueTask<IReadOnlyList<NumberedFunction>> FunctionsAsync(CancellationToken ct) => database.ReadAsync<IReadOnlyList<NumberedFunction>>(
        ProjectScope.Everything,
        s =>
        {
            using NpgsqlCommand select = s.Command(Functions);
            using NpgsqlDataReader rows = select.ExecuteReader();
            var functions = new List<NumberedFunction>();
            while (rows.Read())
            {
                functions.Add(new NumberedFunction(rows.GetInt32(0), new(new(rows.GetString(1), rows.GetString(2)), rows.GetString(3))));
            }

            return functions;
        },
        ct);

    public ValueTask<IReadOnlyList<Keeping>> OverAsync(KeptThing thing, IReadOnlyList<Keeping> kept, CancellationToken ct) =>
        database.ReadAsync<IReadOnlyList<Keeping>>(
            ProjectScope.Everything,
            s =>
            {
                using NpgsqlCommand select = s.Command(
                    thing == KeptThing.Runs ? Over : ResultsOver, RunArrays.Ints(kept, k => k.Function), RunArrays.Shorts(kept, k => (short)k.State),
                    RunArrays.Spans(kept, k => k.Age));
                using NpgsqlDataReader rows = select.ExecuteReader();
                var over = new List<Keeping>();
                while (rows.Read())
                {
                    over.Add(kept[rows.GetInt32(0)]);
                }

                return over;
            },
            ct);

    public ValueTask<int> RemoveAsync(Keeping kept, int limit, CancellationToken ct) => database.ChangeAsync(ProjectScope.Everything, s => RemoveSome(s, kept, limit), ct);

    public ValueTask<int> RemoveResultsAsync(Keeping kept, int limit, CancellationToken ct) => database.ChangeAsync(
        ProjectScope.Everything,
        s =>
        {
            using NpgsqlCommand remove = s.Command(
                RemoveResults, Pg.Int(kept.Function), Pg.Short((short)kept.State), Pg.Value(kept.Age, NpgsqlDbType.Interval), Pg.Int(limit));
            return (int)remove.ExecuteScalar()!;
        },
        ct);

    public ValueTask<int> RemoveBatchesAsync(TimeSpan age, int limit, CancellationToken ct) =>
        database.ChangeAsync(ProjectScope.Everything, s => s.Run(RemoveBatches, Pg.Value(age, NpgsqlDbType.Interval), Pg.Int(limit)), ct);

    private int RemoveSome(PgSession session, Keeping kept, int limit)
    {
        (int, RunState) key = (kept.Function, kept.State);
        DateTime from = _from.GetValueOrDefault(key, DateTime.UnixEpoch);
        using NpgsqlCommand remove = session.Command(
            Remove, Pg.Int(kept.Function), Pg.Short((short)kept.State), Pg.Value(from, NpgsqlDbType.TimestampTz),
            Pg.Value(kept.Age, NpgsqlDbType.Interval), Pg.Int(limit));
        using NpgsqlDataReader row = remove.ExecuteReader();
        row.Read();
        int removed = row.GetInt32(0);
        if (removed == limit)
        {
            _from[key] = row.GetDateTime(1);
        }
        else
        {
            // At the end, from the beginning again: what others held is not forgotten.
            _from.TryRemove(key, out _);
        }

        return removed;
    }
}
