using InterCluster.Core.Apps;
using InterCluster.Core.Failures;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Core.Schedules;
using InterCluster.Storage.Codecs;
using InterCluster.Storage.Sqlite.Engine;
using InterCluster.Storage.Sqlite.Runs;

namespace InterCluster.Storage.Sqlite.Schedules;

/// <summary>Settles fire times: the row that names the fire time and the run are of one transaction.</summary>
internal static class FireSchedules
{
    // Runs that started longer ago than these fire times have ended, or their overlap is not worth reading a long history for.
    private const int LookedBack = 100;

    private static readonly Sql InsertFire = new("""
        insert into schedule_fires (schedule, fire_time, outcome, manual, at) values (@schedule, @fire_time, @outcome, @manual, @at)
        on conflict (schedule, fire_time) do nothing
        """);

    private static readonly Sql SetRun = new("""
        update schedule_fires set outcome = 0, run_id = @run where schedule = @schedule and fire_time = @fire_time
        """);

    private static readonly Sql MoveOn = new("update schedules set fired_until = max(fired_until, @until) where seq = @seq");

    private static readonly Sql FindLive = new($"""
        select 1 from (select run_id from schedule_fires where schedule = @schedule and run_id is not null order by fire_time desc limit {LookedBack}) f
        join runs r on r.id = f.run_id where r.state < 3 limit 1
        """);

    private static readonly Sql CountWaitingRows = new("""
        select count(*) from (select 1 from schedule_fires indexed by schedule_fires_waiting where outcome = 2 and schedule = @schedule limit @limit)
        """);

    private static readonly Sql NextWaiting = new("""
        select schedule, min(fire_time) from schedule_fires indexed by schedule_fires_waiting where outcome = 2 group by schedule limit @limit
        """);

    public static FireResult Fire(WriteSession session, FireRequest request)
    {
        var fires = new List<ScheduleFire>();
        var started = new List<StartedRun>();
        if (ScheduleRows.Find(session.Connection, request.Project, request.Name) is not { } found || (found.Schedule.Paused && !request.Manual))
        {
            return new FireResult(fires, started);
        }

        foreach (DateTimeOffset time in request.Times)
        {
            if (Settle(session, found.Seq, found.Schedule, Micros.From(time), request) is { } fire)
            {
                fires.Add(fire);
                if (fire.Run is { } run)
                {
                    started.Add(new StartedRun(found.Schedule.Function, run));
                }
            }
        }

        if (request.Until is { } until)
        {
            using Statement move = session.Use(MoveOn);
            move.Bind(Micros.From(until)).Bind(found.Seq).Run();
        }

        Failpoint.Hit(FailurePoint.FireWritten);
        return new FireResult(fires, started);
    }

    public static IReadOnlyList<StartedRun> StartWaiting(WriteSession session, int limit, Func<FunctionId, RunPolicy> policy)
    {
        var waiting = new List<(long Schedule, long FireTime)>();
        using (Statement rows = session.Use(NextWaiting))
        {
            rows.Bind(limit);
            while (rows.Step())
            {
                waiting.Add((rows.Long(0), rows.Long(1)));
            }
        }

        var started = new List<StartedRun>();
        foreach ((long seq, long fireTime) in waiting.Where(w => !IsLive(session, w.Schedule)))
        {
            Schedule schedule = ScheduleRows.Get(session.Connection, seq);
            started.Add(new StartedRun(schedule.Function, Start(session, seq, schedule, fireTime, policy(schedule.Function))));
        }

        return started;
    }

    // Null: this fire time has been settled before.
    private static ScheduleFire? Settle(WriteSession session, long seq, Schedule schedule, long fireTime, FireRequest request)
    {
        bool manual = request.Manual;
        FireOutcome outcome = OutcomeFor(session, seq, schedule, manual);
        using (Statement insert = session.Use(InsertFire))
        {
            if (insert.Bind(seq).Bind(fireTime).Bind((long)outcome).Bind(manual ? 1 : 0).Bind(session.Now).Run() == 0)
            {
                return null;
            }
        }

        RunId? run = outcome == FireOutcome.Fired ? Start(session, seq, schedule, fireTime, request.Policy) : null;
        return new ScheduleFire(
            Micros.ToTime(fireTime), outcome, manual, Micros.ToTime(session.Now), run, run is null ? null : RunState.Queued);
    }

    // Whoever asks for a run now means now.
    private static FireOutcome OutcomeFor(WriteSession session, long seq, Schedule schedule, bool manual) => schedule.Overlap switch
    {
        OverlapPolicy.Skip when !manual && IsLive(session, seq) => FireOutcome.SkippedOverlap,
        OverlapPolicy.Queue when !manual => CountWaiting(session, seq, schedule.MisfireLimit) switch
        {
            0 => IsLive(session, seq) ? FireOutcome.Waiting : FireOutcome.Fired,
            int waiting => waiting < schedule.MisfireLimit ? FireOutcome.Waiting : FireOutcome.SkippedOverlap,
        },
        _ => FireOutcome.Fired,
    };

    private static bool IsLive(WriteSession session, long seq)
    {
        using Statement live = session.Use(FindLive);
        return live.Bind(seq).Step();
    }

    private static int CountWaiting(WriteSession session, long seq, int limit)
    {
        using Statement waiting = session.Use(CountWaitingRows);
        waiting.Bind(seq).Bind(limit).Step();
        return waiting.Int(0);
    }

    private static RunId Start(WriteSession session, long seq, Schedule schedule, long fireTime, RunPolicy policy)
    {
        DateTimeOffset now = Micros.ToTime(session.Now);
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
        new SubmitRun(run, HeaderCodec.Encode(run.Request.Headers), hash: null, idempotencyLifetime: 0).Apply(session);
        using Statement set = session.Use(SetRun);
        set.Bind(run.Id).Bind(seq).Bind(fireTime).Run();
        return run.Id;
    }
}
