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
    private readonly Dictionary<AppId, Held> _held = [];
    private readonly Dictionary<AppId, AppHome> _known = [];
    private readonly HashSet<AppId> _departed = [];
    private readonly HashSet<AppId> _gone = [];
    private IReadOnlyList<GatewayMember> _members = [];
    private IReadOnlyList<HeldSlots> _reported = [];
    private ILookup<AppId, HeldSlots> _heldBack = Array.Empty<HeldSlots>().ToLookup(h => h.App);
    private GatewayMember? _self;
    private long _version;
    private bool _lapsed;
    private volatile bool _leaving;
    private volatile bool _ready;
    private volatile int _count;

    public HomeKeeper(
        IHomeStore store, HomeBoard board, HomeCatalog homes, AppCatalog apps, IAdmissionDirectory admissions, GatewayLease lease, HomesMetrics metrics, TimeProvider time,
        ILogger<HomeKeeper> logger)
    {
        (_store, _board, _homes, _apps, _admissions, _lease, _metrics, _time, _logger) = (store, board, homes, apps, admissions, lease, metrics, time, logger);
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
        if (await RenewAsync(address, ct) is not { } view)
        {
            return _lease.Terms.RetryEvery;
        }

        Learn(view);
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
        if (_self is not { } self)
        {
            return;
        }

        LeaveHere([.. _held.Keys], HomeLeft.HandedOver);
        await _store.ReleaseAsync(self.Id, [.. _known.Values.Where(h => h.Gateway == self.Id).Select(h => h.App)], [], ct);
        await _store.LeaveAsync(self.Id, ct);
        _lease.End();
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

    // Null: not renewed.
    private async Task<GatewayView?> RenewAsync(string address, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(_lease.Terms.RenewEvery, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
        long sentAt = _time.GetTimestamp();
        try
        {
            GatewayView view = await AskAsync(address, either.Token).WaitAsync(either.Token);
            if (view.IsMember)
            {
                _lease.Renewed(sentAt);
                _metrics.Renewed("renewed");
                return view;
            }

            LogEnded();
            _metrics.Renewed("ended");
            LoseAll();
            (_self, _reported) = (null, []);
            _wake.Set();
        }
        catch (StoreRefusedException e)
        {
            _lease.Refused(sentAt);
            NotRenewed("refused", e);
        }
        catch (Exception e) when (e is StoreUnavailableException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            _lease.Unanswered();
            NotRenewed("unanswered", e);
        }

        return null;
    }

    private async Task<GatewayView> AskAsync(string address, CancellationToken ct)
    {
        if (_self is null)
        {
            var self = new GatewayMember(Guid.CreateVersion7(_time.GetUtcNow()), address, IsLeaving: false);
            await _store.JoinAsync(self, takesOver: !_ready, ct);
            _self = self;
            _board.OwnAddress = address;
        }

        // A late answer of a renewal that was given up is nobody's; the next one says the same.
        _self = _self with { IsLeaving = _leaving };
        return await _store.RenewAsync(_self, _version, ct);
    }

    private void NotRenewed(string how, Exception e)
    {
        _metrics.Renewed(how);
        if (_lease.OverFor is not { } over)
        {
            return;
        }

        if (!_lapsed)
        {
            _lapsed = true;
            LogLapsed(e);
        }

        // Before the next home's rest is over, with the time of one renewal to spare, this one's calls are out of the replicas that both can reach.
        if (_held.Count > 0 && over >= _lease.Terms.Rest - _lease.Terms.RenewEvery)
        {
            LoseAll();
            Publish();
        }
    }

    private void Learn(GatewayView view)
    {
        _members = view.Members;
        _version = view.Version;
        foreach (AppHome home in view.Homes)
        {
            _known[home.App] = home;
        }

        foreach (AppId app in _held.Keys.Where(a => _known.TryGetValue(a, out AppHome home) && home.Epoch > _held[a].Epoch).ToArray())
        {
            // Cannot be while the lease was held; if it is, the database is right.
            LeaveHere([app], HomeLeft.Lost);
        }

        _heldBack = view.Held.ToLookup(h => h.App);
        foreach ((AppId app, Held held) in _held)
        {
            if (held.HoldsBack || _heldBack.Contains(app))
            {
                HoldBack(app, held, _heldBack[app]);
            }
        }

        if (_lapsed)
        {
            _lapsed = false;
            LogHeldAgain();
            foreach (AppId app in _held.Keys)
            {
                AdmissionOf(app)?.Reconsider();
            }
        }

        _board.SetPeers(_members.Where(m => m.Id != _self!.Id), _lease.Terms.Rest);
    }

    private void ForgetDeleted()
    {
        while (_deleted.TryDequeue(out AppId app))
        {
            _departed.Remove(app);
            if (_held.Remove(app))
            {
                // It may be deployed again by now: then it is taken like any other that is free.
                _gone.Add(app);
            }
        }
    }

    private async Task GiveAwayAsync(CancellationToken ct)
    {
        Guid self = _self!.Id;
        AppId[] moving = [.. _held.Keys.Where(a => !BelongsHere(a))];
        LeaveHere(moving, HomeLeft.HandedOver);
        // Those too whose release was not confirmed, and those of apps that are gone.
        AppId[] free = [.. _known.Values.Where(h => h.Gateway == self && !_held.ContainsKey(h.App) && (_gone.Contains(h.App) || !BelongsHere(h.App) || !_apps.TryGet(h.App, out _))).Select(h => h.App)];
        if (free.Length > 0)
        {
            _reported = HeldElsewhere();
            await TryAsync(async () =>
            {
                await _store.ReleaseAsync(self, free, _reported, ct);
                _gone.Clear();
                Array.ForEach(free, a => _known[a] = _known[a] with { Gateway = null });
            });
        }

        // With nobody to take them they stay here until the end.
        if (_leaving && (_members.All(m => m.IsLeaving) || _apps.All.All(r => HasOtherHome(r.App))))
        {
            _handedOver.TrySetResult();
        }
    }

    private async Task TakeAsync(CancellationToken ct)
    {
        AppId[] wanted = _leaving ? [] : [.. _apps.All.Select(r => r.App).Where(a => !_held.ContainsKey(a) && BelongsHere(a) && IsFree(a))];
        if (wanted.Length == 0 || !_lease.IsHeld)
        {
            return;
        }

        IReadOnlyList<HomeClaim> claims = [];
        await TryAsync(async () => claims = await _store.ClaimAsync(_self!.Id, wanted, ct));
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
        _known[app] = claim.Home;
        _departed.Remove(app);
        _held[app] = new Held(claim.Home.Epoch, opensAt);
        HoldBack(app, _held[app], claim.Held);
        AdmissionOf(app)?.Enter();
        _metrics.Taken(claim.WasLost);
        LogTaken(app, claim.Home.Epoch, claim.WasLost);
    }

    // The fleet and the scaler hear of an app when its rest is over: until then its calls wait.
    private void Open()
    {
        long now = _time.GetTimestamp();
        foreach ((AppId app, Held held) in _held)
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
        IReadOnlyList<HeldSlots> now = HeldElsewhere();
        if (!now.SequenceEqual(_reported))
        {
            await TryAsync(async () =>
            {
                await _store.ReportAsync(_self!.Id, now, ct);
                _reported = now;
            });
        }
    }

    // The slots of replicas that run elsewhere, held by calls that came before their app moved.
    private List<HeldSlots> HeldElsewhere()
    {
        var held = new List<HeldSlots>();
        foreach (AppId app in _departed.ToArray())
        {
            List<ReplicaLoad> loads = [.. AdmissionOf(app)?.Loads.Where(l => l.InFlight > 0) ?? []];
            if (loads.Count == 0)
            {
                _departed.Remove(app);
            }
            else if (_apps.TryGet(app, out Revision? revision) && revision.Config.Runtime.Addresses.Count > 0)
            {
                held.AddRange(loads.GroupBy(l => l.Replica.Address, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal)
                    .Select(g => new HeldSlots(app, g.Key, g.Sum(l => l.InFlight))));
            }
        }

        return held;
    }

    private void HoldBack(AppId app, Held home, IEnumerable<HeldSlots> held)
    {
        Dictionary<string, int> byAddress = held.ToDictionary(h => h.Address, h => h.Slots, StringComparer.Ordinal);
        home.HoldsBack = byAddress.Count > 0;
        AdmissionOf(app)?.HoldBack(byAddress);
    }

    private void Publish()
    {
        foreach ((AppId app, AppHome home) in _known)
        {
            _board.Set(app, new Place(_held.ContainsKey(app), _held.ContainsKey(app) ? null : _board.PeerOf(home.Gateway)));
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

        foreach (Held held in _held.Values.Where(h => !h.IsOpen))
        {
            TimeSpan left = _time.GetElapsedTime(_time.GetTimestamp(), held.OpensAt);
            next = left < next ? left : next;
        }

        next = _departed.Count > 0 && ReportEvery < next ? ReportEvery : next;
        return next < TimeSpan.Zero ? TimeSpan.Zero : next;
    }

    private bool BelongsHere(AppId app) => Rendezvous.HomeOf(app, _members) is not { } home || home.Id == _self!.Id;

    private bool IsFree(AppId app) =>
        !_known.TryGetValue(app, out AppHome home) || home.Gateway is not { } gateway || gateway == _self!.Id || !_members.Any(m => m.Id == gateway);

    private bool HasOtherHome(AppId app) =>
        _known.TryGetValue(app, out AppHome home) && home.Gateway is { } gateway && gateway != _self!.Id && _members.Any(m => m.Id == gateway && !m.IsLeaving);

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

    private sealed class Held(long epoch, long opensAt)
    {
        public long Epoch => epoch;

        public long OpensAt => opensAt;

        public bool IsOpen { get; set; }

        public bool HoldsBack { get; set; }
    }
}
