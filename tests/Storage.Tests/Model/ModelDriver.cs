using System.Collections.Concurrent;
using System.Text;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.Tests.Harness;

namespace InterCluster.Storage.Tests.Model;

/// <summary>Makes every call to the store and to the model, and compares the answers, then all that can be seen.</summary>
internal sealed class ModelDriver
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    private static readonly FunctionId[] Functions =
    [
        new(new AppId("p-one", "a"), "f"), new(new AppId("p-one", "a"), "g"), new(new AppId("p-one", "b"), "f"), new(new AppId("p-two", "a"), "f"),
    ];

    private readonly StoreHarness _store;
    private readonly Action _restart;
    private readonly RunModel _model;
    private readonly ConcurrentQueue<RunId> _finished = new();

    public ModelDriver(StoreHarness store, Action restart)
    {
        (_store, _restart, _model) = (store, restart, new RunModel(store.ArrivalIsKept));
        Listen();
    }

    public async Task RunAsync(IEnumerable<Step> steps)
    {
        foreach (Step step in steps)
        {
            _model.Now = _store.Time.GetUtcNow();
            await ApplyAsync(step);
            await CompareAsync();
        }
    }

    private Task ApplyAsync(Step step) => step switch
    {
        Step.Submit s => SubmitAsync(s),
        Step.ClaimNext s => ClaimNextAsync(s),
        Step.Advance s => AdvanceAsync(s),
        Step.Sweep s => SweepAsync(s),
        Step.FailApp s => FailAppAsync(s),
        Step.Restart => RestartAsync(),
        _ when _model.Runs.Count == 0 => Task.CompletedTask,
        Step.Claim s => ClaimAsync(s),
        Step.Settle s => SettleAsync(s),
        Step.Renew s => RenewAsync(s),
        Step.Cancel s => CancelAsync(s),
        Step.Replay s => ReplayAsync(s),
        _ => throw new InvalidOperationException($"Unknown step {step}."),
    };

    private async Task SubmitAsync(Step.Submit step)
    {
        string body = $"body {step.Body}";
        NewRun some = Some.Run(_store.Time, Functions[step.Function]);
        NewRun run = some with
        {
            Request = some.Request with { Body = Encoding.UTF8.GetBytes(body) },
            RunAt = step.DelaySeconds == 0 ? null : _model.Now.AddSeconds(step.DelaySeconds),
            Priority = step.Priority,
            MaxAttempts = step.MaxAttempts,
            IdempotencyKey = step.Key < 3 ? null : $"key {step.Key}",
        };
        Assert.Equal(_model.Submit(run, body), await _store.Runs.SubmitAsync(run, default));
    }

    private async Task ClaimAsync(Step.Claim step)
    {
        ModelRun[] wanted = [.. step.Picks.Select(Pick)];
        IReadOnlyList<ClaimedRun> claimed = await _store.Runs.ClaimAsync([.. wanted.Select(r => r.Info.Id)], "worker", Lease, default);
        CompareClaims(_model.Claim(wanted, Lease), claimed);
    }

    private async Task ClaimNextAsync(Step.ClaimNext step)
    {
        FunctionId function = Functions[step.Function];
        IReadOnlyList<ClaimedRun> claimed = await _store.Runs.ClaimNextAsync(function, step.Limit, "worker", Lease, default);
        CompareClaims(_model.Claim([.. _model.Ready(function).Take(step.Limit)], Lease), claimed);
    }

    private static void CompareClaims(List<ModelRun> expected, IReadOnlyList<ClaimedRun> claimed) => Assert.Equal(
        expected.Select(r => (r.Info.Id, r.Info.Function, r.Info.Attempt, r.Info.MaxAttempts, r.Info.Lease, r.Info.Crashes, (DateTimeOffset?)r.ReadyAt)),
        claimed.Select(c => (c.Id, c.Function, c.Attempt, c.MaxAttempts, c.Lease, c.Crashes, c.ReadyAt)));

    private async Task SettleAsync(Step.Settle step)
    {
        ModelRun run = Pick(step.Pick);
        long lease = run.Info.Lease - step.LeasesAgo;
        RunId id = run.Info.Id;
        DateTimeOffset later = _model.Now.AddSeconds(5);
        Settlement settlement = step.Kind switch
        {
            0 => Settlement.Succeeded(id, lease, Some.Response(200, "ok")),
            1 => Settlement.Failed(id, lease, RunErrors.FunctionError, Some.Response(400, "no")),
            2 => Settlement.Dead(id, lease, RunErrors.ReplicaUnreachable, null),
            3 => Settlement.Retry(id, lease, RunErrors.FunctionError, Some.Response(503, "busy"), later),
            _ => Settlement.GiveBack(id, lease, later),
        };
        Assert.Equal([_model.Settle(run, settlement)], await _store.Runs.SettleAsync([settlement], default));
    }

    private async Task RenewAsync(Step.Renew step)
    {
        ModelRun run = Pick(step.Pick);
        long lease = run.Info.Lease - step.LeasesAgo;
        Assert.Equal([_model.Renew(run, lease, Lease)], await _store.Runs.RenewAsync([new(run.Info.Id, lease)], Lease, default));
    }

    private Task AdvanceAsync(Step.Advance step)
    {
        _store.Time.Advance(TimeSpan.FromSeconds(step.Seconds));
        return Task.CompletedTask;
    }

    private async Task SweepAsync(Step.Sweep step)
    {
        (List<ModelRun> due, List<ModelRun> expired, List<ModelRun> dead) = _model.Sweep(3, step.Limit);
        SweepResult result = await _store.Runs.SweepAsync(3, step.Limit, default);
        Assert.Equal((due.Count, expired.Count, dead.Count), (result.Due, result.Expired, result.Dead));
        Assert.Equal(
            due.Concat(expired).Select(r => (r.Info.Function, r.Info.Id)).ToHashSet(),
            result.Ready.SelectMany(r => r.Ids.Select(id => (r.Function, id))).ToHashSet());
        IEnumerable<ModelRun> scheduled = _model.Runs.Where(r => r.State == RunState.Scheduled);
        Assert.Equal(scheduled.Select(r => (DateTimeOffset?)r.ReadyAt).Min(), result.NextDue);
    }

    private async Task CancelAsync(Step.Cancel step)
    {
        ModelRun run = Pick(step.Pick);
        Assert.Equal(_model.Cancel(run), await _store.Runs.CancelAsync(run.Info.Function.App.Project, run.Info.Id, default));
    }

    private async Task ReplayAsync(Step.Replay step)
    {
        ModelRun run = Pick(step.Pick);
        Assert.Equal(_model.Replay(run), await _store.Runs.ReplayAsync(run.Info.Function.App.Project, run.Info.Id, default));
    }

    private async Task FailAppAsync(Step.FailApp step)
    {
        AppId app = Functions[step.Function].App;
        Assert.Equal(_model.FailApp(app), await _store.Runs.FailAppAsync(app, default));
    }

    private Task RestartAsync()
    {
        _restart();
        if (_store.RestartEndsLeases)
        {
            _model.Restart();
        }

        Listen();
        return Task.CompletedTask;
    }

    private void Listen() => _store.Runs.Finished += ids =>
    {
        foreach (RunId id in ids)
        {
            _finished.Enqueue(id);
        }
    };

    private ModelRun Pick(int pick) => _model.Runs[pick % _model.Runs.Count];

    private async Task CompareAsync()
    {
        foreach (string project in Functions.Select(f => f.App.Project).Distinct())
        {
            RunPage page = await _store.Runs.ListAsync(new RunFilter(project), null, 1000, default);
            IEnumerable<RunInfo> newest = _model.Runs.Where(r => r.Info.Function.App.Project == project)
                .OrderByDescending(r => r.Info.CreatedAt).ThenByDescending(r => r.Order).Select(r => r.Info);
            Assert.Equal(newest, page.Runs);
        }

        Assert.Equal(Depths(), (await _store.Runs.DepthsAsync(default)).ToHashSet());
        Assert.Equal(_model.Finished.OrderBy(id => id.Value), _finished.OrderBy(id => id.Value));
        foreach (ModelRun run in _model.Runs)
        {
            RunResponse? response = await _store.Runs.GetResponseAsync(run.Info.Function.App.Project, run.Info.Id, default);
            Assert.Equal(run.Answer, response?.Status);
        }
    }

    private HashSet<FunctionDepth> Depths() => [.. Functions
        .Select(f => new FunctionDepth(f, Count(f, RunState.Scheduled), Count(f, RunState.Queued), Count(f, RunState.Running)))
        .Where(d => d.Scheduled + d.Queued + d.Running > 0)];

    private long Count(FunctionId function, RunState state) => _model.Runs.Count(r => r.Info.Function == function && r.State == state);
}
