using InterCluster.Core;
using InterCluster.Core.Admission;
using InterCluster.Core.Apps;
using InterCluster.Core.Gateways;
using InterCluster.Core.Naming;
using InterCluster.Core.Signals;
using Microsoft.Extensions.Logging;

namespace InterCluster.Api.Homes;

/// <summary>
/// Keeps this gateway's lease and its homes: one pass at a time renews, looks around, gives away what belongs to another and takes what is nobody's. What it holds
/// is in force here only while the lease is (docs/decisions/0011).
/// </summary>
internal sealed partial class HomeKeeper : IDisposable
{
    // While calls from before a move go on, the new home learns of each end within this.
    private static readonly TimeSpan ReportEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(20);

    private readonly IHomeStore _store;
    private readonly GatewayMembership _membership;
    private readonly HomeBoard _board;
    private readonly HomeCatalog _homes;
    private readonly AppCatalog _apps;
    private readonly IAdmissionDirectory _admissions;
    private readonly GatewayLease _lease;
    private readonly HomesMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<HomeKeeper> _logger;
    private readonly Signal _wake = new();
    private readonly System.Collections.Concurrent.ConcurrentQueue<AppId> _deleted = new();
    private readonly TaskCompletionSource _handedOver = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // The pass's own.
    private readonly Dictionary<AppId, HeldHome> _held = [];
    private readonly HashSet<AppId> _gone = [];
    private readonly KnownHomes _known;
    private readonly DepartedCalls _departed;
    private IReadOnlyList<HeldSlots> _reported = [];
    private volatile bool _leaving;
    private volatile bool _ready;
    private volatile int _count;

    public HomeKeeper(
        IHomeStore store, GatewayMembership membership, HomeBoard board, HomeCatalog homes, AppCatalog apps, IAdmissionDirectory admissions, GatewayLease lease,
        HomesMetrics metrics, TimeProvider time, ILogger<HomeKeeper> logger)
    {
        (_store, _membership, _board, _homes, _apps, _admissions) = (store, membership, board, homes, apps, admissions);
        (_lease, _metrics, _time, _logger) = (lease, metrics, time, logger);
        (_known, _departed) = (new KnownHomes(apps), new DepartedCalls(admissions, apps));
        metrics.Watch(() => _count);
        store.Changed += _wake.Set;
        apps.Changed += OnChanged;
    }

    /// <summary>True once a first pass has found out which apps are here.</summary>
    public bool IsReady => _ready;

    /// <summary>Done when the homes are with others, or there is nobody to take them.</summary>
    public Task HandedOver => _handedOver.Task;

    /// <summary>From the next pass on, homes go to others.</summary>
    public void Leave()
    {
        _leaving = true;
        _wake.Set();
    }

    /// <summary>Waits until there is something to do, this long at most.</summary>
    public async Task WaitAsync(TimeSpan limit, CancellationToken ct) => await _wake.WaitAsync(limit, _time, ct);

    /// <summary>One pass; how long until the next is due.</summary>
    public async Task<TimeSpan> RunOnceAsync(string address, CancellationToken ct)
    {
        (Renewal how, GatewayView? view) = await _membership.RenewAsync(address, isNew: !_ready, _leaving, _known.Version, ct);
        if (view is null)
        {
            LetGo(how);
            return _lease.Terms.RetryEvery;
        }

        Learn(view, heldAgain: how == Renewal.HeldAgain);
        ForgetDeleted();
        await GiveAwayAsync(ct);
        await TakeAsync(ct);
        Open();
        await ReportAsync(ct);
        Publish();
        _ready = true;
        return NextPass(view.NextEnd);
    }

    /// <summary>Everything here has ended: the lease ends too, and what is still this gateway's is free at once.</summary>
    public async Task EndAsync(CancellationToken ct)
    {
        if (_membership.Self is { } self)
        {
            LeaveHere([.. _held.Keys], HomeLeft.HandedOver);
            await _store.ReleaseAsync(self.Id, [.. _known.Mine], [], ct);
            await _membership.LeaveAsync(ct);
        }
    }

    public void Dispose()
    {
        _store.Changed -= _wake.Set;
        _apps.Changed -= OnChanged;
    }

    private void OnChanged(AppChange change)
    {
        if (change.Revision is null)
        {
            _deleted.Enqueue(change.App);
        }

        _wake.Set();
    }

    private Guid Self => _membership.Self!.Id;

    // Not renewed.
    private void LetGo(Renewal how)
    {
        if (how == Renewal.Ended)
        {
            LoseAll();
            _reported = [];
            _wake.Set();
        }
        else if (how == Renewal.Over && _held.Count > 0)
        {
            // Before the next home's rest is over, this one's calls are out of the replicas that both can reach.
            LoseAll();
            Publish();
        }
    }

    private void Learn(GatewayView view, bool heldAgain)
    {
        _known.Learn(Self, view);
        // Cannot be while the lease was held; if it is, the database is right.
        LeaveHere([.. _held.Keys.Where(a => _known.EpochOf(a) > _held[a].Epoch)], HomeLeft.Lost);
        ILookup<AppId, HeldSlots> heldBack = view.Held.ToLookup(h => h.App);
        foreach ((AppId app, HeldHome held) in _held)
        {
            if (held.HoldsBack || heldBack.Contains(app))
            {
                HoldBack(app, held, heldBack[app]);
            }

            if (heldAgain)
            {
                AdmissionOf(app)?.Reconsider();
            }
        }

        _board.SetPeers(_known.Others, _lease.Terms.Rest);
    }

    private void ForgetDeleted()
    {
        while (_deleted.TryDequeue(out AppId app))
        {
            _departed.Forget(app);
            if (_held.Remove(app))
            {
                // It may be deployed again by now: then it is taken like any other that is free.
                _gone.Add(app);
            }
        }
    }

    private async Task GiveAwayAsync(CancellationToken ct)
    {
        LeaveHere([.. _held.Keys.Where(a => !_known.BelongsHere(a))], HomeLeft.HandedOver);
        // Those too whose release was not confirmed, and those of apps that are gone.
        AppId[] free = [.. _known.Mine.Where(a => !_held.ContainsKey(a) && (_gone.Contains(a) || !_known.BelongsHere(a) || !_apps.TryGet(a, out _)))];
        if (free.Length > 0)
        {
            _reported = _departed.Count();
            await TryAsync(async () =>
            {
                await _store.ReleaseAsync(Self, free, _reported, ct);
                _gone.Clear();
                _known.Released(free);
            });
        }

        // With nobody to take them they stay here until the end.
        if (_leaving && _known.NobodyToWaitFor)
        {
            _handedOver.TrySetResult();
        }
    }

    private async Task TakeAsync(CancellationToken ct)
    {
        AppId[] wanted = _leaving ? [] : [.. _apps.All.Select(r => r.App).Where(a => !_held.ContainsKey(a) && _known.BelongsHere(a) && _known.IsFree(a))];
        if (wanted.Length == 0 || !_lease.IsHeld)
        {
            return;
        }

        IReadOnlyList<HomeClaim> claims = [];
        await TryAsync(async () => claims = await _store.ClaimAsync(Self, wanted, ct));
        foreach (HomeClaim claim in claims)
        {
            Enter(claim);
        }
    }

    private void Enter(HomeClaim claim)
    {
        AppId app = claim.Home.App;
        // Replicas of this machine are this gateway's alone; those that run elsewhere may still be busy for the one before.
        bool rests = claim.WasLost && _apps.TryGet(app, out Revision? revision) && revision.Config.Runtime.Addresses.Count > 0;
        long opensAt = _time.GetTimestamp() + (rests ? (long)(_lease.Terms.Rest.TotalSeconds * _time.TimestampFrequency) : 0);
        _known.Taken(claim.Home);
        _departed.Forget(app);
        _held[app] = new HeldHome(claim.Home.Epoch, opensAt);
        HoldBack(app, _held[app], claim.Held);
        AdmissionOf(app)?.Enter();
        _metrics.Taken(claim.WasLost);
        LogTaken(app, claim.Home.Epoch, claim.WasLost);
    }

    // The fleet and the scaler hear of an app when its rest is over: until then its calls wait.
    private void Open()
    {
        long now = _time.GetTimestamp();
        foreach ((AppId app, HeldHome held) in _held)
        {
            if (!held.IsOpen && held.OpensAt <= now)
            {
                held.IsOpen = true;
                _homes.Enter(app);
            }
        }
    }

    private void LeaveHere(AppId[] apps, HomeLeft how)
    {
        foreach (AppId app in apps)
        {
            _held.Remove(app);
            _board.Set(app, default);
            // From here on nothing is granted: what is counted afterwards only becomes less.
            AdmissionOf(app)?.Leave();
            if (how == HomeLeft.HandedOver)
            {
                _departed.Add(app);
            }

            _homes.Leave(app, how);
            LogLeft(app, how);
        }

        if (apps.Length > 0)
        {
            _metrics.Left(apps.Length, how == HomeLeft.Lost);
            _count = _held.Count;
            _board.Tell();
        }
    }

    private void LoseAll()
    {
        LeaveHere([.. _held.Keys], HomeLeft.Lost);
        _lease.End();
    }

    private async Task ReportAsync(CancellationToken ct)
    {
        IReadOnlyList<HeldSlots> now = _departed.Count();
        if (!now.SequenceEqual(_reported))
        {
            await TryAsync(async () =>
            {
                await _store.ReportAsync(Self, now, ct);
                _reported = now;
            });
        }
    }

    private void HoldBack(AppId app, HeldHome home, IEnumerable<HeldSlots> held)
    {
        Dictionary<string, int> byAddress = held.ToDictionary(h => h.Address, h => h.Slots, StringComparer.Ordinal);
        home.HoldsBack = byAddress.Count > 0;
        AdmissionOf(app)?.HoldBack(byAddress);
    }

    private void Publish()
    {
        foreach (AppHome home in _known.All)
        {
            bool isHere = _held.ContainsKey(home.App);
            _board.Set(home.App, new Place(isHere, isHere ? null : _board.PeerOf(home.Gateway)));
        }

        _count = _held.Count;
        _board.Tell();
    }

    private TimeSpan NextPass(TimeSpan? nextEnd)
    {
        TimeSpan next = _lease.Terms.RenewEvery;
        if (nextEnd + Slack < next)
        {
            // Not at once again when it is over and may not be ended yet.
            next = TimeSpan.FromTicks(Math.Max((nextEnd!.Value + Slack).Ticks, _lease.Terms.RetryEvery.Ticks));
        }

        foreach (HeldHome held in _held.Values.Where(h => !h.IsOpen))
        {
            TimeSpan left = _time.GetElapsedTime(_time.GetTimestamp(), held.OpensAt);
            next = left < next ? left : next;
        }

        next = _departed.Any && ReportEvery < next ? ReportEvery : next;
        return next < TimeSpan.Zero ? TimeSpan.Zero : next;
    }

    private IAdmission? AdmissionOf(AppId app) => _admissions.TryGet(app, out IAdmission? known) ? known
        : _apps.TryGet(app, out Revision? revision) ? _admissions.GetOrAdd(app, AdmissionPolicy.From(revision.Config.Scaling)) : null;

    // What fails here is found undone by the next pass.
    private async Task TryAsync(Func<Task> change)
    {
        try
        {
            await change();
        }
        catch (StoreUnavailableException e)
        {
            LogNotChanged(e);
        }
    }
}
