using InterCluster.Core.Admission;
using InterCluster.Core.Apps;
using InterCluster.Core.Replicas;
using InterCluster.Core.Signals;
using InterCluster.Replicas.Logs;
using InterCluster.Replicas.Probing;
using InterCluster.Replicas.Providers;
using Microsoft.Extensions.Logging;

namespace InterCluster.Replicas.Fleet;

/// <summary>
/// One replica from its start to its end: start, probe until ready, put into admission, probe on, drain, stop. One task tells the story from
/// top to bottom; others read its state and may ask it to go.
/// </summary>
internal sealed partial class ReplicaUnit : IDisposable
{
    private readonly UnitServices _services;
    private readonly IReplicaProvider _provider;
    private readonly ReplicaSpec _spec;
    private readonly IAdmission _admission;
    private readonly AppLog _log;
    private readonly Action _changed;
    private readonly ILogger _logger;
    private readonly ScalingConfig _scaling;
    private readonly RuntimeConfig _runtime;

    /// <summary>Cancelled when the replica is to go or has ended: ends every wait of the story.</summary>
    private readonly CancellationTokenSource _over = new();

    /// <summary>Cancelled when calls in flight are not waited for any more.</summary>
    private readonly CancellationTokenSource _hurry = new();

    /// <summary>Cancelled when the process is not waited for any more.</summary>
    private readonly CancellationTokenSource _now = new();
    private readonly Signal _suspected = new();
    private IReplicaHandle? _handle;
    private Replica? _replica;
    private string? _failure;
    private volatile bool _asked;
    private bool _crashed;
    private bool _doubted;
    private volatile ReplicaStatus _status;

    public ReplicaUnit(UnitServices services, IReplicaProvider provider, ReplicaSpec spec, IAdmission admission, AppLog log, long age, Action changed)
    {
        (_services, _provider, _spec, _admission, _log, _changed, Age) = (services, provider, spec, admission, log, changed, age);
        _logger = services.Logger;
        (_scaling, _runtime) = (spec.Revision.Config.Scaling, spec.Revision.Config.Runtime);
        _status = new ReplicaStatus(spec.Id, spec.Revision.Number, ReplicaState.Starting, null, null, services.Time.GetUtcNow(), null, null);
        Revision = spec.Revision.Number;
    }

    public ReplicaId Id => _spec.Id;

    public int Ordinal => _spec.Ordinal;

    public long Age { get; }

    /// <summary>The revision that it counts for. Changes only for a replica that runs elsewhere, when the next revision keeps its address.</summary>
    public int Revision { get; set; }

    public ReplicaStatus Status => _status with { Revision = Revision };

    public bool IsLeaving => _asked || _status.State is ReplicaState.Crashed or ReplicaState.Stopped;

    public Task Ended { get; private set; } = Task.CompletedTask;

    /// <summary>Begins the story; with a handle, that of a replica that runs already.</summary>
    public void Begin(IReplicaHandle? running, DateTimeOffset? startedAt)
    {
        _handle = running;
        _status = _status with { StartedAt = startedAt ?? _status.StartedAt };
        Ended = Task.Run(RunAsync);
    }

    /// <summary>A connection was refused: no new calls until a probe, made now, says that it is well.</summary>
    public void Suspect()
    {
        // In this order: whoever sees the doubt sees the suspension too, and undoes it. The status is the story's own to write.
        _admission.Suspend(Id);
        Volatile.Write(ref _doubted, true);
        _suspected.Set();
    }

    /// <summary>No new calls; when those in flight have ended, it is stopped.</summary>
    public void Drain()
    {
        _asked = true;
        Cancel(_over);
    }

    /// <summary>A replica that runs elsewhere is let go at once, its calls with it; one of this machine drains.</summary>
    public void CutElsewhere()
    {
        Drain();
        if (_provider.FixedCount(_runtime) is not null)
        {
            Cancel(_hurry);
        }
    }

    /// <summary>The server stops: no waiting for calls. When <paramref name="now"/> is cancelled, no waiting at all.</summary>
    public async Task StopAsync(CancellationToken now)
    {
        Drain();
        Cancel(_hurry);
        await using CancellationTokenRegistration registration = now.UnsafeRegister(s => Cancel((CancellationTokenSource)s!), _now);
        await Ended;
    }

    public void Dispose()
    {
        _over.Dispose();
        _hurry.Dispose();
        _now.Dispose();
    }

    private async Task RunAsync()
    {
        bool adopted = _handle is not null;
        try
        {
            if (adopted || await StartAsync())
            {
                await LiveAsync(adopted);
            }
        }
        catch (Exception error)
        {
            LogBroken(Id, _spec.Revision.App, error);
            _failure ??= error.Message;
        }

        _crashed = _failure is not null || (_handle is not null && !_asked);
        try
        {
            await RetireAsync();
        }
        catch (Exception error)
        {
            LogBroken(Id, _spec.Revision.App, error);
            _failure ??= error.Message;
        }

        End();
    }

    private async Task<bool> StartAsync()
    {
        try
        {
            await _services.Gate.WaitAsync(_spec.Revision.App, _over.Token);
        }
        catch (OperationCanceledException)
        {
            return false;
        }

        _services.Metrics.Started(_spec.Revision.App);
        _status = _status with { StartedAt = _services.Time.GetUtcNow() };
        StartResult result = await _provider.StartAsync(_spec, _over.Token);
        _handle = result.Handle;
        _failure = result.Failure;
        return _handle is not null;
    }

    private async Task LiveAsync(bool adopted)
    {
        _status = _status with { Address = _handle!.Address, ProcessId = _handle.ProcessId, Detail = _handle.Limits };
        _log.Event(Id, $"{(adopted ? "taken over" : "started")}: revision {Revision}, {_handle.Address}{(_handle.ProcessId is int pid ? $", pid {pid}" : "")}");
        if (adopted)
        {
            _services.Metrics.TakenOver(_spec.Revision.App);
        }

        _ = _handle.Died.ContinueWith(_ => Cancel(_over), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        bool runsElsewhere = _provider.FixedCount(_runtime) is not null;
        var watch = new ReplicaWatch(
            _services.Prober, _services.Options, _services.Time, _spec.Revision.Config, _handle, runsElsewhere, _suspected, _over.Token);
        _failure = await watch.UntilReadyAsync(detail => _status = runsElsewhere ? _status with { Detail = detail } : _status);
        if (_failure is null && !_over.IsCancellationRequested)
        {
            Admit();
            _failure = await watch.WhileServingAsync(Follow);
        }
    }

    private static void Cancel(CancellationTokenSource source)
    {
        try
        {
            // Not inline: the caller may hold a lock.
            _ = source.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // The story was over before.
        }
    }

    private void Admit()
    {
        DateTimeOffset now = _services.Time.GetUtcNow();
        var replica = new Replica(Id, _spec.Revision.App, _spec.Revision.Number, _handle!.Address, _scaling.ReplicaConcurrency, _runtime.Protocol)
        {
            StopsAbandonedCalls = _runtime.StopsAbandonedCalls,
        };
        _replica = replica;
        _status = _status with { State = ReplicaState.Ready, ReadyAt = now, Detail = _handle.Limits };
        _services.Metrics.BecameReady(_spec.Revision.App, now - _status.StartedAt);
        _log.Event(Id, $"ready after {(now - _status.StartedAt).TotalSeconds:0.000} s");
        _admission.Add(replica);
        _changed();
    }

    private void Follow(ProbeResult readiness)
    {
        bool doubted = Interlocked.Exchange(ref _doubted, false);
        if (_status.State == ReplicaState.Ready == readiness.Ok && !doubted)
        {
            return;
        }

        if (readiness.Ok)
        {
            _status = _status with { State = ReplicaState.Ready, Detail = _handle!.Limits };
            _admission.Resume(Id);
            _log.Event(Id, "ready again");
        }
        else
        {
            _status = _status with { State = ReplicaState.NotReady, Detail = readiness.Detail };
            _admission.Suspend(Id);
            _log.Event(Id, $"not ready: {readiness.Detail}");
        }

        _changed();
    }

    private async Task RetireAsync()
    {
        if (_replica is not null)
        {
            await LeaveAdmissionAsync();
        }

        if (_handle is not null)
        {
            if (!_handle.Died.IsCompleted)
            {
                _log.Event(Id, _crashed ? $"stopping: {_failure}" : "stopping");
            }

            await _handle.StopAsync(_services.Options.StopGrace, _now.Token);
        }

        // Calls may go on until the process has ended; the connections are theirs until then.
        if (_replica is not null)
        {
            _admission.Remove(Id);
            _replica.Transport?.Dispose();
        }
    }

    private async Task LeaveAdmissionAsync()
    {
        if (_crashed)
        {
            _admission.Remove(Id);
            return;
        }

        _status = _status with { State = ReplicaState.Draining };
        _changed();
        Task drained = _admission.DrainAsync(Id);
        _replica!.MarkDraining();
        TimeSpan limit = _scaling.ResponseGracePeriod;
        try
        {
            // It may also end by itself, and the server may be in a hurry later.
            await Task.WhenAny(drained, _handle!.Died).WaitAsync(limit, _services.Time, _hurry.Token);
        }
        catch (Exception stopped) when (stopped is TimeoutException or OperationCanceledException)
        {
            LogCallsCut(Id, _spec.Revision.App, limit.TotalSeconds);
        }
    }

    private void End()
    {
        bool started = _handle is not null || _failure is not null;
        string? how = _failure ?? (_handle is { Ended: { IsCompletedSuccessfully: true } ended } ? ended.Result : null);
        _status = _status with { State = _crashed ? ReplicaState.Crashed : ReplicaState.Stopped, Detail = how ?? "not started" };
        if (started)
        {
            _services.Metrics.Ended(_spec.Revision.App, _crashed);
        }

        if (_crashed)
        {
            LogCrashed(Id, _spec.Revision.App, how ?? "");
        }

        _log.Event(Id, _crashed ? $"crashed: {how}" : $"stopped: {how ?? "not started"}");
        _log.End(Id);
        _changed();
    }
}
