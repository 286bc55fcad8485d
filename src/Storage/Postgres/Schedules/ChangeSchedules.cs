using InterCluster.Core.Schedules;
using InterCluster.Storage.Postgres.Engine;
using Npgsql;
using NpgsqlTypes;

namespace InterCluster.Storage.Postgres.Schedules;

/// <summary>Puts, pauses, resumes and removes schedules.</summary>
internal static class ChangeSchedules
{
    // A calendar that stays the same goes on where it was; another one, and a resumed one, are in force from now on.
    private const string Upsert = """
        insert into schedules as s (project, name, cron, time_zone, app, function, method, path, headers, body, priority, max_attempts, misfire, misfire_limit,
                                    overlap, paused, updated_by, created_at, updated_at, fired_until)
        select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, now.time, now.time, now.time from (select clock() as time) as now
        on conflict (project, name) do update set
            cron = excluded.cron, time_zone = excluded.time_zone, app = excluded.app, function = excluded.function, method = excluded.method, path = excluded.path,
            headers = excluded.headers, body = excluded.body, priority = excluded.priority, max_attempts = excluded.max_attempts, misfire = excluded.misfire,
            misfire_limit = excluded.misfire_limit, overlap = excluded.overlap, updated_at = excluded.updated_at, updated_by = excluded.updated_by,
            fired_until = case when s.cron = excluded.cron and s.time_zone = excluded.time_zone and s.paused <= excluded.paused then s.fired_until
                               else excluded.fired_until end,
            paused = excluded.paused
        returning xmax = 0
        """;

    private const string SetPausedRow = $"""
        update schedules
        set fired_until = case when paused and not $1 then (select clock()) else fired_until end, paused = $1, updated_at = (select clock()), updated_by = $2
        where project = $3 and name = $4
        returning {ScheduleRows.Columns}
        """;

    private const string DeleteRow = "delete from schedules where project = $1 and name = $2";

    private const string PurgeFires = """
        delete from schedule_fires where (schedule, fire_time) in (
          select schedule, fire_time from schedule_fires where fire_time < $1 and outcome <> 2 order by fire_time limit $2 for update skip locked)
        """;

    public static bool Put(PgSession session, Schedule schedule, byte[] headers)
    {
        using NpgsqlCommand upsert = session.Command(
            Upsert, Pg.Text(schedule.Project), Pg.Text(schedule.Name), Pg.Text(schedule.Cron), Pg.Text(schedule.TimeZone),
            Pg.Text(schedule.Function.App.App), Pg.Text(schedule.Function.Function), Pg.Text(schedule.Request.Method), Pg.Text(schedule.Request.PathAndQuery),
            Pg.Bytes(headers), Pg.Value(schedule.Request.Body, NpgsqlDbType.Bytea), Pg.Short((short)schedule.Priority), Pg.Int(schedule.MaxAttempts),
            Pg.Short((short)schedule.Misfire), Pg.Int(schedule.MisfireLimit), Pg.Short((short)schedule.Overlap),
            Pg.Value(schedule.Paused, NpgsqlDbType.Boolean), Pg.Text(schedule.UpdatedBy));
        return upsert.ExecuteScalar() is true;
    }

    public static Schedule? SetPaused(PgSession session, string project, string name, bool paused, string? by) => ScheduleRows.ReadOne(
        session.Command(SetPausedRow, Pg.Value(paused, NpgsqlDbType.Boolean), Pg.Text(by), Pg.Text(project), Pg.Text(name)))?.Schedule;

    public static bool Delete(PgSession session, string project, string name) => session.Run(DeleteRow, Pg.Text(project), Pg.Text(name)) == 1;

    public static int Purge(PgSession session, DateTimeOffset before, int limit) => session.Run(PurgeFires, Pg.Time(before), Pg.Int(limit));
}
