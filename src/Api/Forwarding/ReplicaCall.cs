namespace InterCluster.Api.Forwarding;

/// <summary>
/// One call's hold on a connection to a replica. The HTTP client does not tell which connection a request is written to, so a connection asks who
/// is writing. Two ways to know it: a call that will find an idle connection is written before the client's method returns, by the same thread
/// (<see cref="Sending"/>, which costs nothing); any other flows along (an <see cref="AsyncLocal{T}"/>, which is paid for at every await).
/// </summary>
internal sealed class ReplicaCall
{
    private static readonly AsyncLocal<ReplicaCall?> Flowing = new();

    [ThreadStatic]
    private static ReplicaCall? t_sending;

    private readonly bool _flows;
    private ReplicaStream? _stream;

    private ReplicaCall(bool flows) => _flows = flows;

    /// <summary>The call whose code is running.</summary>
    public static ReplicaCall? Current => Flowing.Value ?? t_sending;

    /// <summary>True once a byte of the request was handed to a connection: the replica may have seen it.</summary>
    public bool MayHaveReachedReplica => Volatile.Read(ref _stream) is not null;

    /// <summary>Starts a call; what it awaits from here on belongs to it.</summary>
    public static ReplicaCall BeginFlowing()
    {
        var call = new ReplicaCall(flows: true);
        Flowing.Value = call;
        return call;
    }

    /// <summary>Starts a call whose request is written within <see cref="Sending"/>, or not at all (<see cref="UnclaimedWriteException"/>).</summary>
    public static ReplicaCall BeginOnThread() => new(flows: false);

    /// <summary>What this thread writes until the scope ends belongs to the call, unless it flows.</summary>
    public static SendingScope Sending(ReplicaCall? call) => new(call is { _flows: false } ? call : null);

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
    /// what a replica may have seen is never repeated.
    /// </summary>
    public bool TryAttach(ReplicaStream stream) =>
        (Interlocked.CompareExchange(ref _stream, stream, null) ?? stream) == stream;

    /// <summary>The whole answer has been read: the connection is free of this call.</summary>
    public void Complete() => Volatile.Read(ref _stream)?.Detach(this);

    /// <summary>
    /// The call ended early. Tells the replica (the connection is half closed) and completes when the replica has let go of the call: only then
    /// is its slot free in truth. Completes at once when no byte was sent or the connection is multiplexed.
    /// </summary>
    /// <param name="patience">How long to wait; then the connection is reset.</param>
    public Task AbandonAsync(TimeSpan patience) => Volatile.Read(ref _stream)?.AbandonAsync(this, patience) ?? Task.CompletedTask;

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
