using System.Globalization;
using InterCluster.Core.Admission;
using InterCluster.Core.Apps;
using InterCluster.Core.Naming;
using InterCluster.Core.Replicas;
using InterCluster.Replicas.Logs;
using InterCluster.Replicas.Providers;
using Microsoft.Extensions.Logging;

namespace InterCluster.Replicas.Fleet;

/// <summary>
/// Keeps one app as it shall be. What happens only marks that something has changed; one pass at a time then looks at everything and does what
/// <see cref="FleetPlan"/> says. Nothing here blocks: replicas live in tasks of their own.
/// </summary>
internal sealed partial class AppSupervisor : IDisposable
{
    private readonly Lock _lock = new();
    private readonly UnitServices _services;
    private readonly IReadOnlyList<IReplicaProvider> _providers;
    private readonly IAdmission _admission;
    private readonly AppLog _log;
    private readonly ILogger _logger;
    private readonly ITimer _review;
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<ReplicaUnit> _units = [];
    private readonly Queue<ReplicaStatus> _ended = new();
    private RevisionTrack _serving;
    private RevisionTrack? _candidate;
    private int _desired;
    private long _age;
    private bool _closing;
    private bool _stopping;
    private string? _unavailable;
    private (int? Revision, double Share) _split;
    private int _marked;

    public AppSupervisor(
        Revision revision, UnitServices services, IReadOnlyList<IReplicaProvider> providers, IAdmission admission, AppLog log, ILogger logger)
    {
        (_services, _providers, _admission, _log, _logger) = (services, providers, admission, log, logger);
        App = revision.App;
        _serving = Track(revision);
        _desired = _serving.Allowed(revision.Config.Scaling.MinReplicas);
        _review = services.Time.CreateTimer(_ => Mark(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public AppId App { get; }

    /// <summary>Completes when the app was deleted and its last replica is gone.</summary>
    public Task Gone => _gone.Task;

    /// <summary>Takes a replica over that runs already.</summary>
    public void Adopt(RecoveredReplica replica)
    {
        lock (_lock)
        {
            _desired = Math.Max(_desired, _units.Count + 1);
            Begin_NeedsLock(_serving, replica.Id, replica.Handle, replica.StartedAt);
        }
    }

    /// <summary>A new revision is in force.</summary>
    public void Deploy(Revision revision)
    {
        lock (_lock)
        {
            if (revision.Number <= (_candidate ?? _serving).Number)
            {
                return;
            }

            if (_candidate is null && _serving.KeepsReplicas(revision))
            {
                _serving.Continue(revision);
                _units.ForEach(u => u.Revision = revision.Number);
            }
            else
            {
                _candidate = Track(revision);
                _desired = Math.Max(_candidate.Allowed(_desired), revision.Config.Scaling.MinReplicas);
                // Before the first of its replicas is ready, which then gets no more than its share.
                Split_NeedsLock(_services.Time.GetUtcNow());
            }
        }

        Mark();
    }

    public void SetDesired(int count)
    {
        lock (_lock)
        {
            _desired = count;
        }

        Mark();
    }

    /// <summary>The app was deleted, or its home is another gateway: all replicas drain.</summary>
    /// <param name="cut">True: whoever has the home now counts the calls in replicas that run elsewhere as ended, so they are.</param>
    public void Close(bool cut = false)
    {
        lock (_lock)
        {
            _closing = true;
            if (cut)
            {
                _units.ForEach(u => u.CutElsewhere());
            }
        }

        Mark();
    }

    /// <summary>The server stops.</summary>
    public Task StopAsync(CancellationToken now)
    {
        lock (_lock)
        {
            _stopping = true;
            return Task.WhenAll(_units.Select(u => u.StopAsync(now)));
        }
    }

    /// <summary>See <see cref="IReplicaFaults.Unreachable"/>.</summary>
    public void Suspect(ReplicaId replica)
    {
        lock (_lock)
        {
            _units.Find(u => u.Id == replica)?.Suspect();
        }
    }

    public AppReplicas Describe()
    {
        lock (_lock)
        {
            RevisionTrack current = _candidate ?? _serving;
            return new AppReplicas(_desired, current.Guard.IsLooping, [.. _units.Select(u => u.Status), .. _ended.Reverse()]);
        }
    }

    /// <summary>Something has changed: a pass will see it.</summary>
    public void Mark()
    {
        if (Interlocked.Exchange(ref _marked, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static s => s.RunOnce(), this, preferLocal: false);
        }
    }

    public void Dispose() => _review.Dispose();

    internal void RunOnce()
    {
        Volatile.Write(ref _marked, 0);
        Interlocked.MemoryBarrier();
        try
        {
            lock (_lock)
            {
                DateTimeOffset now = _services.Time.GetUtcNow();
                CollectEnded_NeedsLock(now);
                Observe_NeedsLock(now);
                if (!_stopping)
                {
                    Act_NeedsLock(now);
                }
            }
        }
        catch (Exception error)
        {
            LogPassFailed(App, error);
        }
    }

    private void CollectEnded_NeedsLock(DateTimeOffset now)
    {
        foreach (ReplicaUnit unit in _units.Where(u => u.Status.State is ReplicaState.Crashed or ReplicaState.Stopped).ToArray())
        {
            ReplicaStatus status = unit.Status;
            if (status.State == ReplicaState.Crashed && TrackOf(unit) is { } track)
            {
                track.Guard.Crashed(status.ReadyAt, now);
                track.LastCrash = status.Detail;
            }

            _units.Remove(unit);
            unit.Dispose();
            _ended.Enqueue(status);
            while (_ended.Count > _services.Options.EndedReplicas)
            {
                _ended.Dequeue();
            }
        }
    }

    private void Observe_NeedsLock(DateTimeOffset now)
    {
        foreach (ReplicaUnit unit in _units)
        {
            if (unit.Status.ReadyAt is { } readyAt && TrackOf(unit) is { } track)
            {
                track.Guard.Ready();
                track.Guard.Seen(readyAt, now);
            }
        }
    }

    private void Act_NeedsLock(DateTimeOffset now)
    {
        if (_closing)
        {
            _units.ForEach(u => u.Drain());
            if (_units.Count == 0)
            {
                _gone.TrySetResult();
            }

            return;
        }

        FleetState state = State_NeedsLock(now);
        _candidate?.RollOut.Observe(FleetPlan.CanTakeOver(state), now);
        FleetActions actions = FleetPlan.Decide(state with { IsRolledOut = _candidate?.RollOut.IsOver(now) ?? true });
        if (actions.Promote)
        {
            Promote_NeedsLock();
        }

        Split_NeedsLock(now);

        Start_NeedsLock(_serving, actions.StartServing);
        Start_NeedsLock(_candidate, actions.StartCandidate);
        foreach (ReplicaId id in actions.Drain)
        {
            _units.Find(u => u.Id == id)!.Drain();
        }

        SayUnavailable_NeedsLock();
        Review_NeedsLock(now);
    }

    private FleetState State_NeedsLock(DateTimeOffset now)
    {
        Dictionary<ReplicaId, int> inFlight = _admission.Loads.ToDictionary(l => l.Replica.Id, l => l.InFlight);
        LiveReplica[] live =
        [
            .. _units.Where(u => !u.IsLeaving).Select(u => new LiveReplica(u.Id, u.Revision, u.Status.ReadyAt is not null, inFlight.GetValueOrDefault(u.Id), u.Age)),
        ];
        return new FleetState(
            _serving.Allowed(_desired), _serving.Number, Budget(_serving, live, now),
            _candidate?.Number, _candidate is null ? 0 : Budget(_candidate, live, now), _candidate?.IsFixed ?? false, _candidate?.Allowed(_desired) ?? 0,
            live);
    }

    private void Split_NeedsLock(DateTimeOffset now)
    {
        (int?, double) split = _candidate is { RollOut: { IsInSteps: true } rollOut } candidate ? (candidate.Number, rollOut.Share(now)) : (null, 0);
        if (split != _split)
        {
            _split = split;
            _admission.Split(split.Item1, split.Item2);
            if (split is (int revision, > 0))
            {
                _log.Event(new ReplicaId(""), string.Create(CultureInfo.InvariantCulture, $"revision {revision}: {split.Item2 * 100:0} % of the calls"));
            }
        }
    }

    private static int Budget(RevisionTrack track, LiveReplica[] live, DateTimeOffset now) =>
        track.IsFixed ? int.MaxValue : track.Guard.Budget(live.Count(r => r.Revision == track.Number && !r.IsReady), now);

    private void Promote_NeedsLock()
    {
        LogPromoted(App, _candidate!.Number, _serving.Number);
        _serving = _candidate;
        _candidate = null;
    }

    private void Start_NeedsLock(RevisionTrack? track, int count)
    {
        for (int i = 0; i < count; i++)
        {
            Begin_NeedsLock(track!, new ReplicaId(Convert.ToHexStringLower(Guid.NewGuid().ToByteArray().AsSpan(0, 8))), null, null);
        }
    }

    private void Begin_NeedsLock(RevisionTrack track, ReplicaId id, IReplicaHandle? running, DateTimeOffset? startedAt)
    {
        int[] taken = [.. _units.Where(u => u.Revision == track.Number && !u.IsLeaving).Select(u => u.Ordinal)];
        int ordinal = Enumerable.Range(0, taken.Length + 1).First(o => !taken.Contains(o));
        var unit = new ReplicaUnit(_services, track.Provider, new ReplicaSpec(id, track.Revision, ordinal), _admission, _log, _age++, Mark);
        _units.Add(unit);
        unit.Begin(running, startedAt);
    }

    private void SayUnavailable_NeedsLock()
    {
        foreach (RevisionTrack? track in (ReadOnlySpan<RevisionTrack?>)[_serving, _candidate])
        {
            if (track is { SaidLooping: false, Guard.IsLooping: true })
            {
                track.SaidLooping = true;
                LogGivenUp(App, track.Number, track.Guard.Crashes, track.LastCrash);
                _log.Event(
                    new ReplicaId(""), $"revision {track.Number}: {track.Guard.Crashes} crashes in a row, not started any more until the next deploy"
                    + (track == _candidate ? $"; revision {_serving.Number} goes on serving" : ""));
            }
        }

        string? reason = _serving.Guard.IsLooping ? $"{_serving.Guard.Crashes} crashes in a row, the last: {_serving.LastCrash}" : null;
        if (reason != _unavailable)
        {
            _unavailable = reason;
            _admission.SetUnavailable(reason);
        }
    }

    // The end of a back-off and the steps of a roll-out are what happens by the clock alone.
    private void Review_NeedsLock(DateTimeOffset now)
    {
        DateTimeOffset next = new[] { _serving, _candidate }
            .Where(t => t is { Guard.IsLooping: false } && t.Guard.NotBefore > now)
            .Select(t => t!.Guard.NotBefore)
            .Concat(_candidate?.RollOut.Next(now) is { } step && _candidate.RollOut.IsInSteps ? [step] : [])
            .DefaultIfEmpty(DateTimeOffset.MaxValue)
            .Min();
        if (next < DateTimeOffset.MaxValue)
        {
            _review.Change(next - now + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
        }
    }

    private RevisionTrack? TrackOf(ReplicaUnit unit) =>
        unit.Revision == _serving.Number ? _serving : unit.Revision == _candidate?.Number ? _candidate : null;

    private RevisionTrack Track(Revision revision) => new(revision, _providers.First(p => p.Runs(revision.Config.Runtime)), _services.Options);
}
