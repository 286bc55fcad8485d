using InterCluster.Core.Apps;
using InterCluster.Core.Failures;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Core.Schedules;
using InterCluster.Storage.Codecs;
using InterCluster.Storage.Postgres.Engine;
using InterCluster.Storage.Postgres.Runs;
using Npgsql;
using NpgsqlTypes;

namespace InterCluster.Storage.Postgres.Schedules;

/// <summary>
/// Settles fire times: the row that names the fire time and the run are of one transaction, which holds the schedule, so that servers that tick at once take
/// turns.
/// </summary>
internal sealed class FireSchedules(SubmitRuns submit)
{
    private const string Clock = "select clock()";

    private const string InsertFire = """
        insert into schedule_fires (schedule, fire_time, outcome, manual, at) values ($1, $2, $3, $4, $5) on conflict (schedule, fire_time) do nothing
        """;

    private const string SetRun = "update schedule_fires set outcome = 0, run_id = $3 where schedule = $1 and fire_time = $2";

    private const string MoveOn = "update schedules set fired_until = greatest(fired_until, $2) where seq = $1";

    // Runs that started longer ago than these fire times have ended, or their overlap is not worth reading a long history for.
    private const string FindLive = """
        select exists (
          select from (select run_id from schedule_fires where schedule = $1 and run_id is not null order by fire_time desc limit 100) f
          join live l on l.id = f.run_id)
        """;

    private const string CountWaitingRows = "select count(*)::int from (select from schedule_fires where outcome = 2 and schedule = $1 limit $2) w";

    private const string NextWaiting = "select schedule, min(fire_time) from schedule_fires where outcome = 2 group by schedule limit $1";

    private const string StillWaits = "select exists (select from schedule_fires where schedule = $1 and fire_time = $2 and outcome = 2)";

    public FireResult Fire(PgSession session, FireRequest request)
    {
        var nothing = new FireResult([], []);
        while (ScheduleRows.Find(session, request.Project, request.Name) is { } seen)
        {
            // Before the transaction: a function's row is committed before anything names it.
            session.Functions.Intern(session, [seen.Schedule.Function]);
            using NpgsqlTransaction transaction = session.Connection.BeginTransaction();
            if (ScheduleRows.Hold(session, request.Project, request.Name) is not { } held || (held.Schedule.Paused && !request.Manual))
            {
                return nothing;
            }

            if (held.Schedule.Function == seen.Schedule.Function)
            {
                FireResult result = Settle(session, held.Seq, held.Schedule, request);
                Failpoint.Hit(FailurePoint.FireWritten);
                transaction.Commit();
                return result;
            }
        }

        return nothing;
    }

    public IReadOnlyList<StartedRun> StartWaiting(PgSession session, int limit, Func<FunctionId, RunPolicy> policy)
    {
        var started = new List<StartedRun>();
        foreach ((long schedule, DateTimeOffset fireTime) in ReadWaiting(session, limit))
        {
            if (StartOne(session, schedule, fireTime, policy) is { } run)
            {
                started.Add(run);
            }
        }

        return started;
    }

    private static List<(long Schedule, DateTimeOffset FireTime)> ReadWaiting(PgSession session, int limit)
    {
        using NpgsqlCommand select = session.Command(NextWaiting, Pg.Int(limit));
        using NpgsqlDataReader rows = select.ExecuteReader();
        var waiting = new List<(long, DateTimeOffset)>();
        while (rows.Read())
        {
            waiting.Add((rows.GetInt64(0), rows.GetTime(1)));
        }

        return waiting;
    }

    private StartedRun? StartOne(PgSession session, long seq, DateTimeOffset fireTime, Func<FunctionId, RunPolicy> policy)
    {
        using NpgsqlTransaction transaction = session.Connection.BeginTransaction();
        if (ScheduleRows.TryHold(session, seq) is not { Schedule: var schedule } || !Is(session, StillWaits, seq, fireTime) || IsLive(session, seq))
        {
            return null;
        }

        if (session.Functions.Find(session, schedule.Function) is null)
        {
            // No run of it was ever stored: the next tick finds its row.
            transaction.Rollback();
            session.Functions.Intern(session, [schedule.Function]);
            return null;
        }

        RunId run = Start(session, seq, schedule, fireTime, Now(session), policy(schedule.Function));
        transaction.Commit();
        return new StartedRun(schedule.Function, run);
    }

    private FireResult Settle(PgSession session, long seq, Schedule schedule, FireRequest request)
    {
        DateTimeOffset now = Now(session);
        var fires = new List<ScheduleFire>();
        foreach (DateTimeOffset time in request.Times)
        {
            if (Settle(session, seq, schedule, time, request, now) is { } fire)
            {
                fires.Add(fire);
            }
        }

        if (request.Until is { } until)
        {
            session.Run(MoveOn, Pg.Value(seq, NpgsqlDbType.Bigint), Pg.Time(until));
        }

        return new FireResult(fires, [.. fires.Where(f => f.Run is not null).Select(f => new StartedRun(schedule.Function, f.Run!.Value))]);
    }

    // Null: this fire time has been settled before.
    private ScheduleFire? Settle(PgSession session, long seq, Schedule schedule, DateTimeOffset fireTime, FireRequest request, DateTimeOffset now)
    {
        bool manual = request.Manual;
        FireOutcome outcome = OutcomeFor(session, seq, schedule, manual);
        int inserted = session.Run(
            InsertFire, Pg.Value(seq, NpgsqlDbType.Bigint), Pg.Time(fireTime), Pg.Short((short)outcome), Pg.Value(manual, NpgsqlDbType.Boolean), Pg.Time(now));
        if (inserted == 0)
        {
            return null;
        }

        RunId? run = outcome == FireOutcome.Fired ? Start(session, seq, schedule, fireTime, now, request.Policy) : null;
        return new ScheduleFire(fireTime, outcome, manual, now, run, run is null ? null : RunState.Queued);
    }

    // Whoever asks for a run now means now.
    private static FireOutcome OutcomeFor(PgSession session, long seq, Schedule schedule, bool manual) => schedule.Overlap switch
    {
        OverlapPolicy.Skip when !manual && IsLive(session, seq) => FireOutcome.SkippedOverlap,
        OverlapPolicy.Queue when !manual => CountWaiting(session, seq, schedule.MisfireLimit) switch
        {
            0 => IsLive(session, seq) ? FireOutcome.Waiting : FireOutcome.Fired,
            int waiting => waiting < schedule.MisfireLimit ? FireOutcome.Waiting : FireOutcome.SkippedOverlap,
        },
        _ => FireOutcome.Fired,
    };

    private static DateTimeOffset Now(PgSession session)
    {
        using NpgsqlCommand clock = session.Command(Clock);
        return new DateTimeOffset((DateTime)clock.ExecuteScalar()!);
    }

    private static bool IsLive(PgSession session, long seq)
    {
        using NpgsqlCommand live = session.Command(FindLive, Pg.Value(seq, NpgsqlDbType.Bigint));
        return live.ExecuteScalar() is true;
    }

    private static bool Is(PgSession session, string sql, long seq, DateTimeOffset fireTime)
    {
        using NpgsqlCommand find = session.Command(sql, Pg.Value(seq, NpgsqlDbType.Bigint), Pg.Time(fireTime));
        return find.ExecuteScalar() is true;
    }

    private static int CountWaiting(PgSession session, long seq, int limit)
    {
        using NpgsqlCommand waiting = session.Command(CountWaitingRows, Pg.Value(seq, NpgsqlDbType.Bigint), Pg.Int(limit));
        return (int)waiting.ExecuteScalar()!;
    }

    private RunId Start(PgSession session, long seq, Schedule schedule, DateTimeOffset fireTime, DateTimeOffset now, RunPolicy policy)
    {
        var run = new NewRun
        {
            Id = new RunId(Guid.CreateVersion7(now)),
            Function = schedule.Function,
            Request = schedule.Request,
            CreatedAt = now,
            Priority = schedule.Priority,
            MaxAttempts = schedule.MaxAttempts,
            MaxAge = policy.MaxAge,
            Backoff = policy.Backoff(),
            SubmittedBy = schedule.UpdatedBy,
        };
        submit.ApplyInTransaction(session, [new Submission(run, HeaderCodec.Encode(run.Request.Headers), Hash: null)]);
        session.Run(SetRun, Pg.Value(seq, NpgsqlDbType.Bigint), Pg.Time(fireTime), Pg.Id(run.Id.Value));
        return run.Id;
    }
}
