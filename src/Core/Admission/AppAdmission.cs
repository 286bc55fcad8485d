using InterCluster.Core.Admission.Balancing;
using InterCluster.Core.Gateways;
using InterCluster.Core.Naming;
using InterCluster.Core.Replicas;

namespace InterCluster.Core.Admission;

/// <summary>
/// Admission for one app. One short lock guards its replicas and its queue; what is decided under it is told outside of it. The
/// invariant: nobody waits while a slot is free.
/// </summary>
internal sealed class AppAdmission : IAdmission, IDisposable
{
    private readonly Lock _lock = new();
    private readonly GatewayLease? _lease;
    private readonly ReplicaSet _replicas;
    private readonly WaitQueue _queue = new();
    private readonly WaitClock _clock;
    private readonly WaiterPool _pool;
    private string _algorithm;
    private string? _unavailable;
    private long _calls;
    private State _state;

    public AppAdmission(AppId app, AdmissionPolicy policy, TimeProvider time, Random random, GatewayLease? lease = null)
    {
        App = app;
        _lease = lease;
        _state = lease is null ? State.Home : State.Away;
        _pool = new WaiterPool(this);
        _algorithm = policy.LoadBalancing;
        _replicas = new ReplicaSet(() => Balancer.For(_algorithm, random));
        _clock = new WaitClock(time, static state => ((AppAdmission)state!).Expire(), this);
        _clock.Configure(policy);
        _queue.Configure(policy);
    }

    private enum State : byte
    {
        Home,
        Away,
        Closed,
    }

    public event Action<IAdmission>? Waiting;

    public AppId App { get; }

    public string? Unavailable => Volatile.Read(ref _unavailable);

    public AdmissionDemand Demand
    {
        get
        {
            lock (_lock)
            {
                (int inFlight, int capacity) = _replicas.Count();
                return new AdmissionDemand(inFlight, _queue.Sync, _queue.Batch, _queue.Bytes, _replicas.Ready, capacity);
            }
        }
    }

    public long Calls => Interlocked.Read(ref _calls);

    public IReadOnlyList<ReplicaLoad> Loads
    {
        get
        {
            lock (_lock)
            {
                return _replicas.Loads();
            }
        }
    }

    public ValueTask<AdmissionResult> AdmitAsync(in CallRequest call, CancellationToken ct)
    {
        if (ct.IsCancellationRequested)
        {
            return new(new AdmissionResult(default, Refusal.Cancelled, TimeSpan.Zero, ColdStart: false));
        }

        Waiter waiter;
        lock (_lock)
        {
            _calls++;
            if (_state == State.Home && _queue.Count == 0 && TryTake_NeedsLock(out Slot slot))
            {
                return new(new AdmissionResult(slot, Refusal.None, TimeSpan.Zero, ColdStart: false));
            }

            Refusal refusal = WhyNotWait_NeedsLock(call);
            if (refusal != Refusal.None)
            {
                return new(new AdmissionResult(default, refusal, TimeSpan.Zero, ColdStart: _replicas.Ready == 0));
            }

            waiter = Enqueue_NeedsLock(call);
        }

        ValueTask<AdmissionResult> result = waiter.Task;
        waiter.Watch(ct);
        Waiting?.Invoke(this);
        return result;
    }

    public void Add(Replica replica)
    {
        if (replica.App != App)
        {
            throw new ArgumentException($"Replica {replica.Id} is of {replica.App}, not of {App}.", nameof(replica));
        }

        var slots = new ReplicaSlots(this, replica);
        Change(static (me, slots) => me._replicas.Add(slots), slots);
    }

    public void Suspend(ReplicaId replica) => ChangeOne(replica, static (me, slots) => me._replicas.Suspend(slots, suspended: true));

    public void Resume(ReplicaId replica) => ChangeOne(replica, static (me, slots) => me._replicas.Suspend(slots, suspended: false));

    public Task DrainAsync(ReplicaId replica)
    {
        Task drained = Task.CompletedTask;
        ChangeOne(replica, (me, slots) => drained = me._replicas.Drain(slots));
        return drained;
    }

    public void Remove(ReplicaId replica) => ChangeOne(replica, static (me, slots) => me._replicas.Remove(slots));

    public void Configure(AdmissionPolicy policy) => Change(
        static (me, policy) =>
        {
            if (me._algorithm != policy.LoadBalancing)
            {
                me._algorithm = policy.LoadBalancing;
                me._replicas.Balance();
            }

            me._clock.Configure(policy);
            me._queue.Configure(policy);
        },
        policy);

    public void Split(int? revision, double share) => Change(static (me, split) => me._replicas.Split(split.revision, split.share), (revision, share));

    public void SetUnavailable(string? reason) => Change(static (me, reason) => Volatile.Write(ref me._unavailable, reason), reason);

    public void Enter() => Move(State.Home);

    public void Leave() => Move(State.Away);

    public void HoldBack(IReadOnlyDictionary<string, int> byAddress) => Change(static (me, held) => me._replicas.HoldBack(held), byAddress);

    public void Reconsider() => Change<object?>(static (_, _) => { }, null);

    public void Close() => Change<object?>(
        static (me, _) =>
        {
            me._state = State.Closed;
            me._clock.Dispose();
        },
        null);

    public void Dispose() => Close();

    /// <summary>
    /// Gives a slot back and grants it to the head of the queue. That call goes on inline, before this returns, up to its first real
    /// wait: its slot's owner releases last.
    /// </summary>
    internal bool Release(ReplicaSlots replica, long ticket)
    {
        Waiter? next;
        lock (_lock)
        {
            if (!replica.TryFree(ticket))
            {
                return false;
            }

            _replicas.Freed(replica);
            next = _queue.Count > 0 ? GrantNext_NeedsLock() : null;
        }

        next?.CompleteInline();
        return true;
    }

    internal void Cancel(Waiter waiter)
    {
        lock (_lock)
        {
            if (!waiter.Queued)
            {
                return;
            }

            _queue.Remove(waiter);
            waiter.Decide(default, Refusal.Cancelled, _clock.Waited(waiter));
        }

        waiter.Complete();
    }

    internal void Recycle(Waiter waiter)
    {
        lock (_lock)
        {
            _pool.Return(waiter);
        }
    }

    private void Move(State state) => Change(
        static (me, state) =>
        {
            if (me._state != State.Closed)
            {
                me._state = state;
            }
        },
        state);

    private void Expire() => Change<object?>(static (me, _) => me._clock.Disarm(), null);

    private void ChangeOne(ReplicaId id, Action<AppAdmission, ReplicaSlots> change) => Change(
        static (me, arguments) =>
        {
            if (me._replicas.Find(arguments.id) is { } slots)
            {
                arguments.change(me, slots);
            }
        },
        (id, change));

    /// <summary>Makes a change, then does what follows from it for those that wait.</summary>
    private void Change<T>(Action<AppAdmission, T> change, T argument)
    {
        var leaving = default(WaiterList);
        lock (_lock)
        {
            change(this, argument);
            _clock.SetReady(_replicas.Ready > 0);
            RefuseHopeless_NeedsLock(ref leaving);
            while (_queue.Count > 0 && GrantNext_NeedsLock() is { } granted)
            {
                leaving.Append(granted);
            }

            RefuseExpired_NeedsLock(ref leaving);
            _clock.Arm(_queue.Oldest);
        }

        leaving.CompleteAll();
    }

    private void RefuseHopeless_NeedsLock(ref WaiterList leaving)
    {
        Refusal refusal = WhyNobodyMayWait_NeedsLock();
        while (refusal != Refusal.None && _queue.Oldest is { } oldest)
        {
            Refuse_NeedsLock(oldest, refusal, ref leaving);
        }
    }

    private void RefuseExpired_NeedsLock(ref WaiterList leaving)
    {
        long now = _clock.Now;
        while (_queue.Oldest is { } oldest && _clock.Deadline(oldest) <= now)
        {
            Refuse_NeedsLock(oldest, _clock.Verdict, ref leaving);
        }
    }

    private void Refuse_NeedsLock(Waiter waiter, Refusal refusal, ref WaiterList leaving)
    {
        _queue.Remove(waiter);
        waiter.Decide(default, refusal, _clock.Waited(waiter));
        leaving.Append(waiter);
    }

    private Waiter? GrantNext_NeedsLock()
    {
        if (!TryTake_NeedsLock(out Slot slot))
        {
            return null;
        }

        Waiter next = _queue.Dequeue();
        next.Decide(slot, Refusal.None, _clock.Waited(next));
        return next;
    }

    private Refusal WhyNotWait_NeedsLock(in CallRequest call)
    {
        Refusal refusal = WhyNobodyMayWait_NeedsLock();
        if (refusal != Refusal.None)
        {
            return refusal;
        }

        if (!_clock.AllowsWaiting)
        {
            return _clock.Verdict;
        }

        return _queue.Fits(call) ? Refusal.None : Refusal.QueueFull;
    }

    private Refusal WhyNobodyMayWait_NeedsLock() => _state switch
    {
        State.Closed => Refusal.Draining,
        State.Away => Refusal.Moved,
        _ => HasNoReplica_NeedsLock() ? Refusal.NoReplica : Refusal.None,
    };

    // The one place where a slot is taken. A process that was stopped, or cut off from the database, finds its lease over here and gives out nothing.
    private bool TryTake_NeedsLock(out Slot slot)
    {
        if (_lease is { IsHeld: false })
        {
            slot = default;
            return false;
        }

        return _replicas.TryTake(out slot);
    }

    private bool HasNoReplica_NeedsLock() => _unavailable is not null && _replicas.Ready == 0;

    private Waiter Enqueue_NeedsLock(in CallRequest call)
    {
        Waiter waiter = _pool.Rent();
        waiter.Begin(call, _clock.Now, coldStart: _replicas.Ready == 0);
        _queue.Enqueue(waiter);
        _clock.Arm(_queue.Oldest);
        return waiter;
    }
}
