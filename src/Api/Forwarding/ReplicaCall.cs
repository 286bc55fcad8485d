using InterCluster.Core.Admission;

namespace InterCluster.Api.Forwarding;

/// <summary>
/// One call's hold on its slot and on a connection to the replica. The slot goes back when the replica is done with the call, which may be later than
/// the caller is (docs/decisions/0003). The HTTP client does not tell which connection a request is written to, so a connection asks who
/// is writing. Two ways to know it: a call that will find an idle connection is written before the client's method returns, by the same thread
/// (<see cref="Sending"/>, which costs nothing); any other flows along (an <see cref="AsyncLocal{T}"/>, which is paid for at every await).
/// </summary>
internal sealed class ReplicaCall
{
    /// <summary>How long a replica that was told to stop may take beyond the run's time limit before its connection is reset.</summary>
    private static readonly TimeSpan LastPatience = TimeSpan.FromSeconds(10);

    /// <summary>
    /// What a handler gets to wind up once its server was told: servers such as Kestrel close the connection, and HTTP/2 resets the stream,
    /// at the moment at which the handler is only beginning to hear of it.
    /// </summary>
    private static readonly TimeSpan WindUp = TimeSpan.FromMilliseconds(100);

    private static readonly AsyncLocal<ReplicaCall?> Flowing = new();

    [ThreadStatic]
    private static ReplicaCall? t_sending;

    private readonly Slot _slot;
    private readonly CallDeadline _deadline;
    private readonly TimeProvider _time;
    private readonly bool _guarded;
    private bool _flows;
    private ReplicaStream? _stream;
    private volatile Task<bool>? _finishing;
    private volatile bool _left;

    /// <summary>Starts a call whose request is written within <see cref="Sending"/>, or not at all (<see cref="UnclaimedWriteException"/>), unless it flows.</summary>
    /// <param name="slot">Given back by <see cref="End"/>.</param>
    /// <param name="deadline">The run's time limit; returned to its pool by <see cref="End"/>.</param>
    /// <param name="time">The clock.</param>
    /// <param name="guarded">True when its connection is a <see cref="ReplicaStream"/>.</param>
    /// <param name="finishes">See <see cref="Finishes"/>.</param>
    public ReplicaCall(Slot slot, CallDeadline deadline, TimeProvider time, bool guarded, bool finishes) =>
        (_slot, _deadline, _time, _guarded, Finishes) = (slot, deadline, time, guarded, finishes);

    /// <summary>The call whose code is running.</summary>
    public static ReplicaCall? Current => Flowing.Value ?? t_sending;

    /// <summary>True: when the caller leaves, the replica is let finish before its answer is dropped. False: it is told at once.</summary>
    public bool Finishes { get; }

    /// <summary>The time limit of the run, whoever still waits for it.</summary>
    public CancellationToken Limit => _deadline.Token;

    /// <summary>True once a byte of the request was handed to a connection that is guarded: the replica may have seen it.</summary>
    public bool MayHaveReachedReplica => Volatile.Read(ref _stream) is not null;

    /// <summary>What is awaited from here on belongs to the call.</summary>
    public ReplicaCall Flow()
    {
        _flows = true;
        Flowing.Value = this;
        return this;
    }

    /// <summary>What this thread writes until the scope ends belongs to the call, unless it flows.</summary>
    public static SendingScope Sending(ReplicaCall call) => new(call._flows ? null : call);

    /// <summary>The answer has come: what follows in this flow needs no name. A tunnel or a long stream pays for none.</summary>
    public static void StopFlowing()
    {
        if (Flowing.Value is not null)
        {
            Flowing.Value = null;
        }
    }

    /// <summary>
    /// Called by a connection before it writes. False for a second connection: the client library is about to send the request again, and
    /// what a replica may have seen is never repeated. False too when the caller left before anything was sent.
    /// </summary>
    public bool TryAttach(ReplicaStream stream) =>
        !(_left && !MayHaveReachedReplica) && (Interlocked.CompareExchange(ref _stream, stream, null) ?? stream) == stream;

    /// <summary>The caller left; the request goes on without it.</summary>
    /// <param name="finishing">True when the whole answer was read, false when it could not be.</param>
    public void Leave(Func<Task<bool>> finishing)
    {
        _left = true;
        _finishing = finishing();
    }

    /// <summary>The call is over for its caller. Its slot goes back now or, when it was cut short, once the replica has let go of it.</summary>
    /// <param name="complete">True when the whole answer has been read.</param>
    public void End(bool complete)
    {
        if (complete)
        {
            Volatile.Read(ref _stream)?.Detach(this);
            GiveBack();
            return;
        }

        Task letGo = LetGoAsync();
        if (letGo.IsCompleted)
        {
            GiveBack();
            return;
        }

        _ = letGo.ContinueWith(static (_, call) => ((ReplicaCall)call!).GiveBack(), this, TaskScheduler.Default);
    }

    private void GiveBack()
    {
        _deadline.Return();
        _slot.Release();
    }

    private async Task LetGoAsync()
    {
        if (_finishing is { } finishing && await finishing.ConfigureAwait(false))
        {
            Volatile.Read(ref _stream)?.Detach(this);
            return;
        }

        if (_guarded && !MayHaveReachedReplica)
        {
            return;
        }

        if (Volatile.Read(ref _stream) is not { } stream || await stream.AbandonAsync(this, _deadline.Remaining + LastPatience).ConfigureAwait(false))
        {
            await Task.Delay(WindUp, _time).ConfigureAwait(false);
        }
    }

    /// <summary>See <see cref="Sending"/>.</summary>
    public readonly ref struct SendingScope
    {
        private readonly ReplicaCall? _before;

        public SendingScope(ReplicaCall? call)
        {
            _before = t_sending;
            t_sending = call;
        }

        public void Dispose() => t_sending = _before;
    }
}
