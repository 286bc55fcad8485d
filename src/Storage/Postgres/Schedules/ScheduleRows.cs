using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Core.Schedules;
using InterCluster.Storage.Codecs;
using InterCluster.Storage.Postgres.Engine;
using Npgsql;
using NpgsqlTypes;

namespace InterCluster.Storage.Postgres.Schedules;

/// <summary>Reads rows of schedules and of their fire times.</summary>
internal static class ScheduleRows
{
    public const string Columns = """
        project, name, cron, time_zone, app, function, method, path, headers, body, priority, max_attempts, misfire, misfire_limit, overlap, paused,
        created_at, updated_at, updated_by, fired_until, seq
        """;

    private const string ByName = $"select {Columns} from schedules where project = $1 and name = $2";

    private const string Held = $"{ByName} for update";

    private const string HeldBySeq = $"select {Columns} from schedules where seq = $1 for update skip locked";

    private const string All = $"select {Columns} from schedules where $1 is null or project = $1 order by project, name";

    private const string Fires = """
        select f.fire_time, f.outcome, f.manual, f.at, f.run_id, coalesce(l.state, d.state)
        from (select * from schedule_fires where schedule = $1 order by fire_time desc limit $2) f
        left join live l on l.id = f.run_id left join finished d on d.id = f.run_id
        order by f.fire_time desc
        """;

    public static (long Seq, Schedule Schedule)? Find(PgSession session, string project, string name) =>
        ReadOne(session.Command(ByName, Pg.Text(project), Pg.Text(name)));

    /// <summary>Held to the end of the transaction.</summary>
    public static (long Seq, Schedule Schedule)? Hold(PgSession session, string project, string name) =>
        ReadOne(session.Command(Held, Pg.Text(project), Pg.Text(name)));

    /// <summary>The same; null also when another server holds it.</summary>
    public static (long Seq, Schedule Schedule)? TryHold(PgSession session, long seq) =>
        ReadOne(session.Command(HeldBySeq, Pg.Value(seq, NpgsqlDbType.Bigint)));

    public static IReadOnlyList<Schedule> List(PgSession session, string? project) =>
        Read(session.Command(All, Pg.Text(project))).ConvertAll(r => r.Schedule);

    private const string StampSql =
        "select count(*), max(updated_at), exists (select from schedule_fires where outcome = 2) from schedules";

    public static ScheduleStamp Stamp(PgSession session)
    {
        using NpgsqlCommand select = session.Command(StampSql);
        using NpgsqlDataReader row = select.ExecuteReader();
        row.Read();
        return new ScheduleStamp(row.GetInt64(0), row.GetTimeOrNull(1), row.GetBoolean(2));
    }

    public static IReadOnlyList<ScheduleFire>? History(PgSession session, string project, string name, int limit)
    {
        if (Find(session, project, name) is not { } found)
        {
            return null;
        }

        var fires = new List<ScheduleFire>();
        using NpgsqlCommand select = session.Command(Fires, Pg.Value(found.Seq, NpgsqlDbType.Bigint), Pg.Int(limit));
        using NpgsqlDataReader row = select.ExecuteReader();
        while (row.Read())
        {
            fires.Add(new ScheduleFire(
                row.GetTime(0), (FireOutcome)row.GetInt16(1), row.GetBoolean(2), row.GetTime(3), row.IsDBNull(4) ? null : new RunId(row.GetGuid(4)),
                row.IsDBNull(5) ? null : (RunState)row.GetInt16(5)));
        }

        return fires;
    }

    public static (long Seq, Schedule Schedule)? ReadOne(NpgsqlCommand select) => Read(select) is [var row, ..] ? row : null;

    private static List<(long Seq, Schedule Schedule)> Read(NpgsqlCommand select)
    {
        using (select)
        {
            using NpgsqlDataReader row = select.ExecuteReader();
            var schedules = new List<(long, Schedule)>();
            while (row.Read())
            {
                schedules.Add((row.GetInt64(20), Row(row)));
            }

            return schedules;
        }
    }

    private static Schedule Row(NpgsqlDataReader row) => new()
    {
        Project = row.GetString(0),
        Name = row.GetString(1),
        Cron = row.GetString(2),
        TimeZone = row.GetString(3),
        Function = new FunctionId(new AppId(row.GetString(0), row.GetString(4)), row.GetString(5)),
        Request = new RunRequest(row.GetString(6), row.GetString(7), HeaderCodec.Decode(row.GetBytes(8)), row.GetBytes(9)),
        Priority = (RunPriority)row.GetInt16(10),
        MaxAttempts = row.GetInt32(11),
        Misfire = (MisfirePolicy)row.GetInt16(12),
        MisfireLimit = row.GetInt32(13),
        Overlap = (OverlapPolicy)row.GetInt16(14),
        Paused = row.GetBoolean(15),
        CreatedAt = row.GetTime(16),
        UpdatedAt = row.GetTime(17),
        UpdatedBy = row.GetTextOrNull(18),
        FiredUntil = row.GetTime(19),
    };
}
