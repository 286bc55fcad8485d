using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Postgres.Engine;
using Npgsql;
using NpgsqlTypes;

namespace InterCluster.Storage.Postgres.Runs;

/// <summary>Cancel, replay, and the end of a deleted app's runs.</summary>
internal static class RunCommands
{
    /// <summary>Runs of a deleted app that end in one commit: a deep queue must not hold up everybody else.</summary>
    public const int FailLimit = 2000;

    // A run is in the one table or the other; while it moves, this statement may see it in neither, and is asked again.
    private const int Looks = 20;

    private const string OfProject = """
        wanted as materialized (
          select r.id, given.n from unnest($2) with ordinality as given (id, n) join requests r on r.id = given.id
          where r.project_id = (select id from projects where name = $1))
        """;

    private const string Cancel = $"""
        with
          now as materialized (select clock() as time),
          {OfProject},
          moved as (
            delete from live l using wanted where l.id = wanted.id
            returning wanted.n, l.id, l.started_at, l.expires_at, l.lease, l.function_id, l.batch, l.attempt, l.crashes, l.status, l.hooked, l.error, l.state as from_state, 5 as to_state),
          ended as (
            {RunFacts.IntoFinished}
            select id, started_at, now.time, expires_at, lease, function_id, attempt, crashes, status, 5, hooked, error from moved, now),
          counted as ({RunFacts.IntoCounts})
        select n::int - 1, from_state::int, true from moved
        union all
        select wanted.n::int - 1, f.state::int, false from wanted left join finished f on f.id = wanted.id
        """;

    private const string Replay = $"""
        with
          now as materialized (select clock() as time),
          {OfProject},
          gone as (
            delete from finished f using wanted, requests r where f.id = wanted.id and r.id = f.id and f.state in (4, 6)
            returning wanted.n, f.id, f.lease, f.function_id, f.state, f.hooked, r.batch, r.max_attempts, r.priority, r.max_age),
          moved as (
            select id, function_id, batch, state as from_state, 1 as to_state from gone),
          again as (
            insert into live (id, ready_at, expires_at, lease, batch, function_id, max_attempts, state, priority, hooked)
            select id, now.time, now.time + max_age, lease, batch, function_id, max_attempts, 1, priority, hooked from gone, now),
          forgotten as (delete from responses a using gone where a.id = gone.id),
          counted as ({RunFacts.IntoCounts})
        select n::int - 1, state::int, true from gone
        union all
        select wanted.n::int - 1, coalesce(f.state, l.state)::int, false
        from wanted left join finished f on f.id = wanted.id left join live l on l.id = wanted.id
        """;

    private const string Fail = $"""
        with
          now as materialized (select clock() as time),
          picked as materialized (
            select l.id from live l join functions f on f.id = l.function_id join projects p on p.id = f.project_id
            where p.name = $1 and f.app = $2 and l.state in (0, 1) limit $3 for update of l skip locked),
          moved as (
            delete from live l using picked where l.id = picked.id
            returning l.id, l.started_at, l.expires_at, l.lease, l.function_id, l.batch, l.attempt, l.crashes, l.status, l.hooked, l.state as from_state, 4 as to_state),
          ended as (
            {RunFacts.IntoFinished}
            select id, started_at, now.time, expires_at, lease, function_id, attempt, crashes, status, 4, hooked, 'app_not_found' from moved, now),
          counted as ({RunFacts.IntoCounts})
        select id from moved
        """;

    public static IReadOnlyList<RunState?> CancelAll(PgSession session, string project, IReadOnlyList<RunId> ids) => ForEach(
        session, Cancel, RunState.Cancelled, project, ids,
        (id, before) =>
        {
            session.Effects.Finished.Add(id);
            session.Effects.DeliveriesDue = true;
            if (before == RunState.Running)
            {
                session.Effects.CancelRequested.Add(id);
            }
        });

    public static IReadOnlyList<RunState?> ReplayAll(PgSession session, string project, IReadOnlyList<RunId> ids) =>
        ForEach(session, Replay, RunState.Queued, project, ids, (_, _) => { });

    public static int FailSome(PgSession session, AppId app)
    {
        using NpgsqlCommand fail = session.Command(Fail, Pg.Text(app.Project), Pg.Text(app.App), Pg.Int(FailLimit));
        using NpgsqlDataReader rows = fail.ExecuteReader();
        while (rows.Read())
        {
            session.Effects.Finished.Add(new RunId(rows.GetGuid(0)));
            session.Effects.DeliveriesDue = true;
        }

        return session.Effects.Finished.Count;
    }

    private static RunState?[] ForEach(
        PgSession session, string sql, RunState after, string project, IReadOnlyList<RunId> ids, Action<RunId, RunState> moved)
    {
        var before = new RunState?[ids.Count];
        RunId[] left = [.. ids.Distinct().OrderBy(id => id.Value)];
        for (int look = 0; look < Looks && left.Length > 0; look++)
        {
            left = Look(session, sql, after, project, left, ids, before, moved);
        }

        return before;
    }

    // Returns those that are there but were seen in neither table.
    private static RunId[] Look(
        PgSession session, string sql, RunState after, string project, RunId[] wanted, IReadOnlyList<RunId> ids, RunState?[] before,
        Action<RunId, RunState> moved)
    {
        bool[] known = new bool[wanted.Length];
        var states = new (RunState? State, bool HasMoved)[wanted.Length];
        using (NpgsqlCommand command = session.Command(sql, Pg.Text(project), Pg.Array(Array.ConvertAll(wanted, id => id.Value), NpgsqlDbType.Uuid)))
        using (NpgsqlDataReader rows = command.ExecuteReader())
        {
            // One that moved has a second row, which says what it was before.
            while (rows.Read())
            {
                ref (RunState? State, bool HasMoved) seen = ref states[rows.GetInt32(0)];
                seen = (rows.IsDBNull(1) ? seen.State : (RunState)rows.GetInt32(1), seen.HasMoved || rows.GetBoolean(2));
                known[rows.GetInt32(0)] = true;
            }
        }

        var unseen = new List<RunId>();
        for (int i = 0; i < wanted.Length; i++)
        {
            if (states[i] is { State: { } state, HasMoved: var hasMoved })
            {
                Answer(ids, before, wanted[i], state, hasMoved ? after : state);
                if (hasMoved)
                {
                    moved(wanted[i], state);
                }
            }
            else if (known[i])
            {
                unseen.Add(wanted[i]);
            }
        }

        return [.. unseen];
    }

    // Whoever names a run twice is told of the second as if it had come after the first.
    private static void Answer(IReadOnlyList<RunId> ids, RunState?[] before, RunId id, RunState state, RunState after)
    {
        bool isFirst = true;
        for (int i = 0; i < before.Length; i++)
        {
            if (ids[i] == id)
            {
                before[i] = isFirst ? state : after;
                isFirst = false;
            }
        }
    }
}
