using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Core.Schedules;
using InterCluster.Storage.Codecs;
using InterCluster.Storage.Sqlite.Engine;

namespace InterCluster.Storage.Sqlite.Schedules;

/// <summary>Reads rows of schedules and of their fire times.</summary>
internal static class ScheduleRows
{
    private const string Columns = """
        project, name, cron, time_zone, app, function, method, path, headers, body, priority, max_attempts, misfire, misfire_limit, overlap, paused,
        created_at, updated_at, updated_by, fired_until, seq
        """;

    private static readonly Sql ByName = new($"select {Columns} from schedules where project = @project and name = @name");

    private static readonly Sql BySeq = new($"select {Columns} from schedules where seq = @seq");

    private static readonly Sql All = new($"select {Columns} from schedules where @project is null or project = @project order by project, name");

    private static readonly Sql Fires = new("""
        select f.fire_time, f.outcome, f.manual, f.at, f.run_id, r.state
        from schedule_fires f left join runs r on r.id = f.run_id
        where f.schedule = @schedule order by f.fire_time desc limit @limit
        """);

    public static (long Seq, Schedule Schedule)? Find(SqliteSession session, string project, string name)
    {
        using Statement row = session.Use(ByName);
        return row.Bind(project).Bind(name).Step() ? (row.Long(20), Read(row)) : null;
    }

    public static Schedule Get(SqliteSession session, long seq)
    {
        using Statement row = session.Use(BySeq);
        row.Bind(seq).Step();
        return Read(row);
    }

    public static IReadOnlyList<Schedule> List(SqliteSession session, string? project)
    {
        var schedules = new List<Schedule>();
        using Statement rows = session.Use(All);
        rows.Bind(project);
        while (rows.Step())
        {
            schedules.Add(Read(rows));
        }

        return schedules;
    }

    private static readonly Sql StampSql = new("""
        select count(*), max(updated_at), exists (select 1 from schedule_fires indexed by schedule_fires_waiting where outcome = 2) from schedules
        """);

    public static ScheduleStamp Stamp(SqliteSession session)
    {
        using Statement row = session.Use(StampSql);
        row.Step();
        return new ScheduleStamp(row.Long(0), Micros.ToTime(row.LongOrNull(1)), row.Int(2) != 0);
    }

    public static IReadOnlyList<ScheduleFire>? History(SqliteSession session, string project, string name, int limit)
    {
        if (Find(session, project, name) is not { } found)
        {
            return null;
        }

        var fires = new List<ScheduleFire>();
        using Statement rows = session.Use(Fires);
        rows.Bind(found.Seq).Bind(limit);
        while (rows.Step())
        {
            fires.Add(new ScheduleFire(
                Micros.ToTime(rows.Long(0)), (FireOutcome)rows.Int(1), rows.Int(2) == 1, Micros.ToTime(rows.Long(3)), rows.IdOrNull(4), (RunState?)rows.IntOrNull(5)));
        }

        return fires;
    }

    private static Schedule Read(Statement row) => new()
    {
        Project = row.Text(0),
        Name = row.Text(1),
        Cron = row.Text(2),
        TimeZone = row.Text(3),
        Function = new FunctionId(new AppId(row.Text(0), row.Text(4)), row.Text(5)),
        Request = new RunRequest(row.Text(6), row.Text(7), HeaderCodec.Decode(row.Span(8)), row.Bytes(9)),
        Priority = (RunPriority)row.Int(10),
        MaxAttempts = row.Int(11),
        Misfire = (MisfirePolicy)row.Int(12),
        MisfireLimit = row.Int(13),
        Overlap = (OverlapPolicy)row.Int(14),
        Paused = row.Int(15) == 1,
        CreatedAt = Micros.ToTime(row.Long(16)),
        UpdatedAt = Micros.ToTime(row.Long(17)),
        UpdatedBy = row.TextOrNull(18),
        FiredUntil = Micros.ToTime(row.Long(19)),
    };
}
