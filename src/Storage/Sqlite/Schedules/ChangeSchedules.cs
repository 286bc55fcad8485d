using InterCluster.Core.Schedules;
using InterCluster.Storage.Sqlite.Engine;

namespace InterCluster.Storage.Sqlite.Schedules;

/// <summary>Puts, pauses, resumes and removes schedules.</summary>
internal static class ChangeSchedules
{
    // A calendar that stays the same goes on where it was; another one, and a resumed one, are in force from now on.
    private static readonly Sql Upsert = new("""
        insert into schedules (project, name, cron, time_zone, app, function, method, path, headers, body, priority, max_attempts, misfire, misfire_limit,
                               overlap, paused, created_at, updated_at, updated_by, fired_until)
        values (@project, @name, @cron, @time_zone, @app, @function, @method, @path, @headers, @body, @priority, @max_attempts, @misfire, @misfire_limit,
                @overlap, @paused, @now, @now, @updated_by, @now)
        on conflict (project, name) do update set
            cron = excluded.cron, time_zone = excluded.time_zone, app = excluded.app, function = excluded.function, method = excluded.method, path = excluded.path,
            headers = excluded.headers, body = excluded.body, priority = excluded.priority, max_attempts = excluded.max_attempts, misfire = excluded.misfire,
            misfire_limit = excluded.misfire_limit, overlap = excluded.overlap, updated_at = excluded.updated_at, updated_by = excluded.updated_by,
            fired_until = iif(cron = excluded.cron and time_zone = excluded.time_zone and paused <= excluded.paused, fired_until, excluded.fired_until),
            paused = excluded.paused
        """);

    private static readonly Sql SetPausedRow = new("""
        update schedules
        set fired_until = iif(paused = 1 and @paused = 0, @now, fired_until), paused = @paused, updated_at = @now, updated_by = @by
        where project = @project and name = @name
        """);

    private static readonly Sql DeleteRow = new("delete from schedules where project = @project and name = @name");

    private static readonly Sql PurgeFires = new("""
        delete from schedule_fires where (schedule, fire_time) in (
            select schedule, fire_time from schedule_fires indexed by schedule_fires_by_time where fire_time < @before and outcome <> 2 limit @limit)
        """);

    public static bool Put(WriteSession session, Schedule schedule, byte[] headers)
    {
        bool isNew = ScheduleRows.Find(session.Connection, schedule.Project, schedule.Name) is null;
        using Statement upsert = session.Use(Upsert);
        upsert.Bind(schedule.Project).Bind(schedule.Name).Bind(schedule.Cron).Bind(schedule.TimeZone)
            .Bind(schedule.Function.App.App).Bind(schedule.Function.Function).Bind(schedule.Request.Method).Bind(schedule.Request.PathAndQuery)
            .Bind(headers.AsSpan()).Bind(schedule.Request.Body.Span).Bind((long)schedule.Priority).Bind(schedule.MaxAttempts)
            .Bind((long)schedule.Misfire).Bind(schedule.MisfireLimit).Bind((long)schedule.Overlap).Bind(schedule.Paused ? 1 : 0)
            .Bind(session.Now).Bind(schedule.UpdatedBy).Run();
        return isNew;
    }

    public static Schedule? SetPaused(WriteSession session, string project, string name, bool paused, string? by)
    {
        using (Statement set = session.Use(SetPausedRow))
        {
            set.Bind(paused ? 1 : 0).Bind(session.Now).Bind(by).Bind(project).Bind(name).Run();
        }

        return ScheduleRows.Find(session.Connection, project, name)?.Schedule;
    }

    public static bool Delete(WriteSession session, string project, string name)
    {
        using Statement delete = session.Use(DeleteRow);
        return delete.Bind(project).Bind(name).Run() == 1;
    }

    public static int Purge(WriteSession session, long before, int limit)
    {
        using Statement purge = session.Use(PurgeFires);
        return purge.Bind(before).Bind(limit).Run();
    }
}
