using InterCluster.Core.Batches;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Codecs;
using InterCluster.Storage.Sqlite.Engine;

namespace InterCluster.Storage.Sqlite.Runs;

/// <summary>One pass over what time has changed: due runs, expired leases, expired idempotency keys.</summary>
internal sealed class SweepRuns(int maxCrashes, int limit)
{
    private static readonly Sql Expire = new("""
        update runs set state = 6, error = 'expired', finished_at = @now
        where seq in (
            select seq from runs indexed by runs_waiting_expiry
            where expires_at is not null and state < 2 and state = @from and expires_at <= @now order by expires_at limit @limit)
        returning id, function_id, batch
        """);

    private static readonly Sql Promote = new("""
        update runs set state = 1, ready_at = @now
        where seq in (select seq from runs indexed by runs_scheduled where state = 0 and ready_at <= @now order by ready_at limit @limit)
        returning id, function_id, batch
        """);

    private static readonly Sql TakeBack = new("""
        update runs
        set state = iif(crashes + 1 >= @max_crashes or attempt >= max_attempts, 6, 1), crashes = crashes + 1, error = 'worker_lost',
            lease_until = null, ready_at = @now, finished_at = iif(crashes + 1 >= @max_crashes or attempt >= max_attempts, @now, null)
        where seq in (select seq from runs indexed by runs_leased where state = 2 and lease_until <= @steady order by lease_until limit @limit)
        returning id, function_id, state, batch
        """);

    private static readonly Sql ForgetKeys = new("""
        delete from idempotency where (function_id, key) in (
            select function_id, key from idempotency indexed by idempotency_expiry where expires_at <= @now order by expires_at limit @limit)
        """);

    private static readonly Sql InterruptUploads = new("""
        update batches set state = 2, closed_at = @now where seq in (
            select seq from batches indexed by batches_receiving where state = 0 and updated_at <= @before order by updated_at limit @limit)
        """);

    private static readonly Sql SelectNextDue = new("select min(ready_at) from runs indexed by runs_scheduled where state = 0");

    private static readonly Sql SelectNextExpiry = new("""
        select min(expires_at) from runs indexed by runs_waiting_expiry where expires_at is not null and state < 2
        """);

    private readonly Dictionary<int, List<RunId>> _ready = [];
    private int _due;
    private int _expired;
    private int _dead;
    private int _tooOld;

    public static SweepResult Apply(WriteSession session, int maxCrashes, int limit) => new SweepRuns(maxCrashes, limit).Apply(session);

    private SweepResult Apply(WriteSession session)
    {
        // First: what is too old must not become ready.
        ExpireWaiting(session, RunState.Scheduled);
        ExpireWaiting(session, RunState.Queued);
        PromoteDue(session);
        TakeBackExpired(session);
        using (Statement forget = session.Use(ForgetKeys))
        {
            forget.Bind(session.Now).Bind(limit).Run();
        }

        using (Statement interrupt = session.Use(InterruptUploads))
        {
            interrupt.Bind(session.Now).Bind(session.Now - Micros.From(BatchRules.UploadSilence)).Bind(limit).Run();
        }

        return new SweepResult(_due, _expired, _dead, [.. _ready.Select(r => new ReadyRuns(session.Functions[r.Key].Function, r.Value))])
        {
            TooOld = _tooOld,
            NextDue = NextDue(session),
        };
    }

    private static DateTimeOffset? NextDue(WriteSession session)
    {
        using Statement due = session.Use(SelectNextDue);
        due.Step();
        using Statement expiry = session.Use(SelectNextExpiry);
        expiry.Step();
        return Micros.ToTime(due.LongOrNull(0) is { } d && expiry.LongOrNull(0) is { } e ? Math.Min(d, e) : due.LongOrNull(0) ?? expiry.LongOrNull(0));
    }

    private void ExpireWaiting(WriteSession session, RunState from)
    {
        using Statement expire = session.Use(Expire);
        expire.Bind(session.Now).Bind((long)from).Bind(limit - _tooOld);
        while (expire.Step())
        {
            _tooOld++;
            session.Effects.Changed(expire.Id(0), expire.Int(1), expire.LongOrNull(2), from, RunState.Dead);
        }
    }

    private void PromoteDue(WriteSession session)
    {
        using Statement promote = session.Use(Promote);
        promote.Bind(session.Now).Bind(limit);
        while (promote.Step())
        {
            _due++;
            Ready(session, promote.Id(0), promote.Int(1), promote.LongOrNull(2), RunState.Scheduled);
        }
    }

    private void TakeBackExpired(WriteSession session)
    {
        using Statement take = session.Use(TakeBack);
        take.Bind(maxCrashes).Bind(session.Now).Bind(session.Steady).Bind(limit);
        while (take.Step())
        {
            if (take.Int(2) == (int)RunState.Queued)
            {
                _expired++;
                Ready(session, take.Id(0), take.Int(1), take.LongOrNull(3), RunState.Running);
            }
            else
            {
                _dead++;
                session.Effects.Changed(take.Id(0), take.Int(1), take.LongOrNull(3), RunState.Running, RunState.Dead);
            }
        }
    }

    private void Ready(WriteSession session, RunId id, int function, long? batch, RunState from)
    {
        session.Effects.Changed(id, function, batch, from, RunState.Queued);
        if (!_ready.TryGetValue(function, out List<RunId>? ids))
        {
            _ready.Add(function, ids = []);
        }

        ids.Add(id);
    }
}
