using InterCluster.Core.Naming;
using InterCluster.Core.Runs;

namespace InterCluster.Storage.Tests.Model;

/// <summary>The runs in the plainest form: a list, a loop for every question, and the table of the allowed moves.</summary>
internal sealed class RunModel(bool arrivalIsKept)
{
    private readonly Dictionary<(FunctionId, string), (string Body, RunId Id, DateTimeOffset Ends)> _keys = [];

    public List<ModelRun> Runs { get; } = [];

    public List<RunId> Finished { get; } = [];

    public DateTimeOffset Now { get; set; }

    public SubmitResult Submit(NewRun run, string body)
    {
        if (run.IdempotencyKey is { } key)
        {
            if (_keys.TryGetValue((run.Function, key), out (string Body, RunId Id, DateTimeOffset Ends) known) && known.Ends > Now)
            {
                return new SubmitResult(known.Id, known.Body == body ? SubmitOutcome.Duplicate : SubmitOutcome.Mismatch);
            }

            _keys[(run.Function, key)] = (body, run.Id, Now.AddHours(24));
        }

        bool later = run.RunAt > Now;
        var info = new RunInfo
        {
            Id = run.Id, Function = run.Function, State = later ? RunState.Scheduled : RunState.Queued, Method = run.Request.Method,
            PathAndQuery = run.Request.PathAndQuery, Priority = run.Priority, MaxAttempts = run.MaxAttempts, CreatedAt = run.CreatedAt,
            RunAt = later ? run.RunAt : null,
        };
        Runs.Add(new ModelRun(arrivalIsKept ? Runs.Count : run.Id.Value, info) { ReadyAt = later ? run.RunAt!.Value : Now });
        return new SubmitResult(run.Id, SubmitOutcome.Accepted);
    }

    public IEnumerable<ModelRun> Ready(FunctionId function) => Runs
        .Where(r => r.State == RunState.Queued && r.Info.Function == function)
        .OrderBy(r => PriorityLanes.Rank(r.Info.Priority, r.ReadyAt)).ThenBy(r => r.Order);

    public List<ModelRun> Claim(IEnumerable<ModelRun> wanted, TimeSpan lease)
    {
        var claimed = new List<ModelRun>();
        foreach (ModelRun run in wanted.Where(r => Allows(r, RunTrigger.Claim, RunState.Running)))
        {
            run.Info = run.Info with { State = RunState.Running, Attempt = run.Info.Attempt + 1, Lease = run.Info.Lease + 1, StartedAt = Now };
            run.LeaseUntil = Now + lease;
            claimed.Add(run);
        }

        return claimed;
    }

    public bool Settle(ModelRun run, Settlement settlement)
    {
        if (!Allows(run, RunTrigger.Settle, settlement.State) || run.Info.Lease != settlement.Lease)
        {
            return false;
        }

        run.Answer = settlement.Response?.Status ?? run.Answer;
        run.ReadyAt = settlement.RunAt ?? run.ReadyAt;
        run.Info = run.Info with
        {
            Attempt = run.Info.Attempt - (settlement.NotAnAttempt ? 1 : 0),
            Error = settlement.NotAnAttempt ? run.Info.Error : settlement.Error,
            Status = run.Answer,
        };
        Move(run, settlement.State);
        return true;
    }

    public bool Renew(ModelRun run, long lease, TimeSpan duration)
    {
        bool held = run.State == RunState.Running && run.Info.Lease == lease && run.LeaseUntil > Now;
        run.LeaseUntil = held ? Now + duration : run.LeaseUntil;
        return held;
    }

    public (List<ModelRun> Due, List<ModelRun> Expired, List<ModelRun> Dead) Sweep(int maxCrashes, int limit)
    {
        List<ModelRun> due = [.. Runs.Where(r => Allows(r, RunTrigger.Due, RunState.Queued) && r.ReadyAt <= Now).OrderBy(r => r.ReadyAt).ThenBy(r => r.Order).Take(limit)];
        List<ModelRun> lost = [.. Runs.Where(r => Allows(r, RunTrigger.LeaseExpired, RunState.Queued) && r.LeaseUntil <= Now).OrderBy(r => r.LeaseUntil).ThenBy(r => r.Order).Take(limit)];
        foreach (ModelRun run in due)
        {
            run.ReadyAt = Now;
            Move(run, RunState.Queued);
        }

        foreach (ModelRun run in lost)
        {
            run.ReadyAt = Now;
            run.Info = run.Info with { Crashes = run.Info.Crashes + 1, Error = RunErrors.WorkerLost };
            Move(run, run.Info.Crashes >= maxCrashes || run.Info.Attempt >= run.Info.MaxAttempts ? RunState.Dead : RunState.Queued);
        }

        return (due, [.. lost.Where(r => r.State == RunState.Queued)], [.. lost.Where(r => r.State == RunState.Dead)]);
    }

    public RunState Cancel(ModelRun run)
    {
        RunState before = run.State;
        if (Allows(run, RunTrigger.Cancel, RunState.Cancelled))
        {
            Move(run, RunState.Cancelled);
        }

        return before;
    }

    public RunState Replay(ModelRun run)
    {
        RunState before = run.State;
        if (Allows(run, RunTrigger.Replay, RunState.Queued))
        {
            run.Answer = null;
            run.ReadyAt = Now;
            run.Info = run.Info with { Attempt = 0, Crashes = 0, Status = null, Error = null, StartedAt = null };
            Move(run, RunState.Queued);
        }

        return before;
    }

    public int FailApp(AppId app)
    {
        List<ModelRun> waiting = [.. Runs.Where(r => r.Info.Function.App == app && Allows(r, RunTrigger.AppDeleted, RunState.Failed))];
        foreach (ModelRun run in waiting)
        {
            run.Info = run.Info with { Error = RunErrors.AppNotFound };
            Move(run, RunState.Failed);
        }

        return waiting.Count;
    }

    /// <summary>The process ended, and all its workers with it.</summary>
    public void Restart() => Runs.ForEach(r => r.LeaseUntil = DateTimeOffset.MinValue);

    private static bool Allows(ModelRun run, RunTrigger trigger, RunState to) => RunStateMachine.Allows(trigger, run.State, to);

    private void Move(ModelRun run, RunState to)
    {
        bool terminal = RunStateMachine.IsTerminal(to);
        run.Info = run.Info with { State = to, FinishedAt = terminal ? Now : null, RunAt = to == RunState.Scheduled ? run.ReadyAt : null };
        if (terminal)
        {
            Finished.Add(run.Info.Id);
        }
    }
}
