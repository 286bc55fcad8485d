namespace InterCluster.Api.Forwarding;

/// <summary>
/// One call's hold on a connection to a replica. It flows with the call (an <see cref="AsyncLocal{T}"/>: the HTTP client does not tell which
/// connection a request was written to), so that the connection knows whose bytes it carries.
/// </summary>
internal sealed class ReplicaCall
{
    private static readonly AsyncLocal<ReplicaCall?> Flowing = new();
    private ReplicaStream? _stream;

    /// <summary>The call whose code is running.</summary>
    public static ReplicaCall? Current => Flowing.Value;

    /// <summary>True once a byte of the request was handed to a connection: the replica may have seen it.</summary>
    public bool MayHaveReachedReplica => Volatile.Read(ref _stream) is not null;

    /// <summary>Starts a call; what it awaits from here on belongs to it.</summary>
    public static ReplicaCall Begin()
    {
        var call = new ReplicaCall();
        Flowing.Value = call;
        return call;
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
}
