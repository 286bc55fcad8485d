using System.Collections.Concurrent;
using InterCluster.Core.Admission;
using InterCluster.Core.Apps;
using InterCluster.Core.Naming;
using InterCluster.Core.Replicas;
using InterCluster.Core.Scaling;
using InterCluster.Core.Signals;
using InterCluster.Dispatcher.Depths;
using Microsoft.Extensions.Logging;

namespace InterCluster.Dispatcher.Scaling;

/// <summary>
/// The one writer of desired counts. It decides about an app when a call of it starts to wait, when its queues or its revision changed, and when a
/// decision asked to be reviewed; it costs nothing for apps to which nothing happens. The demand is read at the time of the decision, after the
/// marks that led to it were taken: whatever begins to wait later marks the app again, so no call waits unseen.
/// </summary>
internal sealed partial class Autoscaler(
    IHomeCatalog catalog, IAdmissionDirectory directory, IReplicaFleet fleet, RunDepths depths, DispatcherMetrics metrics, TimeProvider time,
    ILogger<Autoscaler> logger) : IScalingHistory
{
    /// <summary>Queued runs that were read longer ago are not known.</summary>
    internal static readonly TimeSpan DepthsAreOld = TimeSpan.FromSeconds(5);

    // Runs that were claimed since the reading are counted by admission too: beyond this age, a reading with runs is made anew.
    private static readonly TimeSpan DepthsAreStale = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ShortestReview = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestReview = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<AppId, AppScaling> _apps = new();
    private readonly ConcurrentDictionary<AppId, bool> _marked = new();
    private readonly PriorityQueue<AppId, DateTimeOffset> _reviews = new();
    private readonly Signal _wake = new();

    /// <inheritdoc/>
    public IReadOnlyList<ScalingRecord> Recent(AppId app) => _apps.TryGetValue(app, out AppScaling? state) ? state.Recent() : [];

    /// <inheritdoc/>
    public int Desired(AppId app) => _apps.TryGetValue(app, out AppScaling? state) ? state.Desired : 0;

    /// <summary>Begins to listen; every app is decided about once.</summary>
    public void Start()
    {
        catalog.Changed += OnChanged;
        depths.Observed += DepthsRead;
        foreach (Revision revision in catalog.All)
        {
            OnChanged(new AppChange(revision.App, revision));
        }
    }

    /// <summary>Ends listening.</summary>
    public void Stop()
    {
        catalog.Changed -= OnChanged;
        depths.Observed -= DepthsRead;
        foreach (AppScaling state in _apps.Values)
        {
            Listen(state, null);
        }
    }

    /// <summary>Waits until there is something to decide.</summary>
    public async ValueTask WaitAsync(CancellationToken ct)
    {
        if (_reviews.TryPeek(out _, out DateTimeOffset next))
        {
            await _wake.WaitAsync(next - time.GetUtcNow(), time, ct);
        }
        else
        {
            await _wake.WaitAsync(ct);
        }
    }

    /// <summary>The depths were read anew: apps with queued runs are decided about, and lost subscriptions are mended.</summary>
    public void DepthsRead()
    {
        foreach ((AppId app, AppDepth depth) in depths.Current.Apps)
        {
            if (depth.Queued > 0)
            {
                _marked.TryAdd(app, false);
            }
        }

        foreach ((AppId app, AppScaling state) in _apps)
        {
            if (!directory.TryGet(app, out IAdmission? admission) || !ReferenceEquals(admission, state.Admission))
            {
                _marked.TryAdd(app, false);
            }
        }

        if (!_marked.IsEmpty)
        {
            _wake.Set();
        }
    }

    /// <summary>Decides about every app that was marked or is due for review; how many desired counts changed.</summary>
    public async Task<int> RunOnceAsync(CancellationToken ct)
    {
        List<AppId> apps = Take(time.GetUtcNow());
        if (apps.Exists(NeedsFreshDepths))
        {
            await RefreshDepthsAsync(ct);
        }

        return apps.Count(DecideSafely);
    }

    private List<AppId> Take(DateTimeOffset now)
    {
        var taken = new HashSet<AppId>();
        foreach ((AppId app, bool changed) in _marked)
        {
            _marked.TryRemove(app, out bool changedSince);
            taken.Add(app);
            if ((changed || changedSince) && _apps.TryGetValue(app, out AppScaling? state))
            {
                state.Applied = false;
            }
        }

        while (_reviews.TryPeek(out AppId due, out DateTimeOffset at) && at <= now)
        {
            _reviews.Dequeue();
            // An entry that a later decision made void is passed over.
            if (_apps.TryGetValue(due, out AppScaling? state) && state.ReviewAt == at)
            {
                taken.Add(due);
            }
        }

        return [.. taken];
    }

    private bool NeedsFreshDepths(AppId app) =>
        depths.Age() is { } age && age > DepthsAreStale && depths.Current.Apps.TryGetValue(app, out AppDepth depth) && depth.Queued > 0;

    private async Task RefreshDepthsAsync(CancellationToken ct)
    {
        try
        {
            await depths.ReadAsync(ct);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            // The last reading serves until it is too old; from then on nothing is scaled down.
            LogDepthsUnknown(logger, e);
        }
    }

    private bool DecideSafely(AppId app)
    {
        try
        {
            return Decide(app);
        }
        catch (Exception e)
        {
            LogFailed(logger, app, e);
            metrics.PassFailed("autoscaler");
            if (_apps.TryGetValue(app, out AppScaling? state))
            {
                Review(app, state, time.GetUtcNow() + LongestReview);
            }

            return false;
        }
    }

    private bool Decide(AppId app)
    {
        if (!catalog.TryGet(app, out Revision? revision))
        {
            Forget(app);
            return false;
        }

        DateTimeOffset now = time.GetUtcNow();
        ScalingConfig policy = revision.Config.Scaling;
        AppScaling state = _apps.GetOrAdd(app, static (a, x) => new AppScaling(x.fleet.Describe(a)?.Desired ?? 0, x.now), (fleet, now));
        IAdmission admission = directory.TryGet(app, out IAdmission? known) ? known : directory.GetOrAdd(app, AdmissionPolicy.From(policy));
        Listen(state, admission);

        // Before the demand is read: a call that begins to wait from here on marks the app again.
        state.AtMaximum = false;
        AdmissionDemand demand = admission.Demand;
        RunDemand? runs = RunsOf(revision);
        var inputs = new ScalingInputs(
            now, state.Desired, demand.InFlight, demand.Waiting, runs?.Ready, state.LastBusy, Measure(revision, state, admission, now), runs?.HeldBack ?? 0, runs?.AtLeast ?? 0);
        ScalingDecision decision = ScalingPolicy.Decide(policy, inputs);
        bool changed = decision.Desired != state.Desired;
        if (changed)
        {
            metrics.Scaled(app, decision.Desired > state.Desired);
            LogScaled(logger, app, state.Desired, decision.Desired, decision.Reason);
            state.Change(new ScalingRecord(inputs, decision));
            state.Applied = false;
        }

        Apply(app, state);
        state.AtMaximum = state.Applied && state.Desired >= policy.MaxReplicas;
        Plan(app, state, policy, decision, now);
        return changed;
    }

    private double? Measure(Revision revision, AppScaling state, IAdmission admission, DateTimeOffset now)
    {
        (ScalingConfig policy, HardwareConfig hardware) = (revision.Config.Scaling, revision.Config.Hardware);
        if (!ScalingMetrics.IsMeasured(policy.Metric))
        {
            state.Meter = null;
            return null;
        }

        if (state.Meter?.Fits(policy, hardware) != true)
        {
            state.Meter = new AppMeter(policy, hardware);
        }

        return state.Meter.Read(now, admission.Calls, () => fleet.Usage(revision.App));
    }

    private void Apply(AppId app, AppScaling state)
    {
        if (!state.Applied)
        {
            // The fleet may not have heard of a new app yet and then ignores this: asked again until it has taken it.
            fleet.SetDesired(app, state.Desired);
            state.Applied = fleet.Describe(app)?.Desired == state.Desired;
        }
    }

    private void Plan(AppId app, AppScaling state, ScalingConfig policy, ScalingDecision decision, DateTimeOffset now)
    {
        state.LastBusy = decision.LastBusy;
        if (!state.Applied)
        {
            Review(app, state, now + ShortestReview);
        }
        else if (decision.ReviewAt is { } at)
        {
            Review(app, state, at);
        }
        else if (state.Desired > policy.MinReplicas)
        {
            // Nothing tells that calls ended: look again soon, and count the time until then as busy, so a cooldown is never cut short.
            TimeSpan wait = TimeSpan.FromTicks(Math.Clamp(policy.Cooldown.Ticks / 10, ShortestReview.Ticks, LongestReview.Ticks));
            state.LastBusy = now + wait;
            Review(app, state, now + wait);
        }
        else
        {
            state.ReviewAt = null;
        }

        // What is measured changes without a sign. An app at zero has nothing to measure: its next call is the sign.
        if (state is { Meter.Period: var period, Desired: > 0 } && !(state.ReviewAt <= now + period))
        {
            Review(app, state, now + period);
        }
    }

    private void Review(AppId app, AppScaling state, DateTimeOffset at)
    {
        if (state.ReviewAt != at)
        {
            state.ReviewAt = at;
            _reviews.Enqueue(app, at);
        }
    }

    private RunDemand? RunsOf(Revision revision)
    {
        if (depths.Age() is not { } age || age > DepthsAreOld)
        {
            return null;
        }

        DepthReading reading = depths.Current;
        return revision.Config.Runs.HaveLimits
            ? RunDemand.Of(reading.FunctionsOf(revision.App), revision.Config.Runs)
            : RunDemand.Unlimited(reading.Apps.GetValueOrDefault(revision.App).Queued);
    }

    private void Forget(AppId app)
    {
        if (_apps.TryRemove(app, out AppScaling? state))
        {
            Listen(state, null);
        }
    }

    private void Listen(AppScaling state, IAdmission? admission)
    {
        if (ReferenceEquals(state.Admission, admission))
        {
            return;
        }

        if (state.Admission is { } before)
        {
            before.Waiting -= OnWaiting;
        }

        state.Admission = admission;
        if (admission is not null)
        {
            admission.Waiting += OnWaiting;
        }
    }

    // On the thread of the call that waits: a mark and a signal, nothing more.
    private void OnWaiting(IAdmission admission)
    {
        if (!(_apps.TryGetValue(admission.App, out AppScaling? state) && state.AtMaximum))
        {
            _marked.TryAdd(admission.App, false);
            _wake.Set();
        }
    }

    private void OnChanged(AppChange change)
    {
        _marked[change.App] = true;
        _wake.Set();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{App}: {Before} to {Desired} replicas ({Reason})")]
    private static partial void LogScaled(ILogger logger, AppId app, int before, int desired, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The depths of the queues are not known; nothing is scaled down")]
    private static partial void LogDepthsUnknown(ILogger logger, Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "The decision about {App} failed; it is made again in a second")]
    private static partial void LogFailed(ILogger logger, AppId app, Exception exception);
}
