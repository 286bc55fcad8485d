using System.Net.Sockets;

namespace InterCluster.Api.Forwarding;

/// <summary>
/// A connection to a replica. Beyond a plain socket stream it (1) refuses to carry a request that another connection already carried,
/// (2) lets the HTTP client come to an answer that was given before the request was read, and (3) outlives the HTTP client's interest in it when the replica of an
/// abandoned call is to be told: the sending side is closed, and what the replica still says is read and dropped until it hangs up, which servers that do not
/// watch their connections do when they are done (docs/decisions/0003).
/// </summary>
internal sealed class ReplicaStream(Socket socket, IdleConnections idle, TimeProvider time) : NetworkStream(socket, ownsSocket: true)
{
    // What an abandoned replica may still send before it is cut off: enough for an answer, not for a stream.
    private const int MaxDrainedBytes = 64 * 1024;

    private readonly CancellationTokenSource _aborted = new();
    private ReplicaCall? _call;
    private bool _isIdle;
    private bool _dropped;
    private bool _answeredEarly;
    private Task<bool>? _lingering;

    /// <summary>The call is over; the connection may carry the next one, or ends now if the HTTP client has dropped it.</summary>
    public void Detach(ReplicaCall call)
    {
        lock (_aborted)
        {
            // The HTTP client may have given the connection to the next call already.
            if (_lingering is not null || Interlocked.CompareExchange(ref _call, null, call) != call)
            {
                return;
            }

            if (!_dropped)
            {
                MarkIdle(true);
                return;
            }
        }

        base.Dispose(true);
    }

    /// <summary>Tells the replica that nobody waits any more, and waits until it hangs up. False when it had to be cut off.</summary>
    /// <param name="call">The call that the connection carries.</param>
    /// <param name="patience">How long to wait; then the connection is reset.</param>
    public Task<bool> AbandonAsync(ReplicaCall call, TimeSpan patience)
    {
        lock (_aborted)
        {
            if (_lingering is null && ReferenceEquals(_call, call))
            {
                _lingering = LingerAsync(patience);
            }

            return _lingering ?? Task.FromResult(true);
        }
    }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Claim() is { } refused)
        {
            return ValueTask.FromException(refused);
        }

        if (_answeredEarly)
        {
            return default;
        }

        ValueTask writing = base.WriteAsync(buffer, Abortable(cancellationToken));
        return writing.IsCompletedSuccessfully ? writing : WrittenAsync(writing);
    }

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        base.ReadAsync(buffer, Abortable(cancellationToken));

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        lock (_aborted)
        {
            _dropped = true;
            MarkIdle(false);
            if (disposing && (_call is not null || _lingering is not null))
            {
                // The client library drops the connection in the middle of a call before the gateway has said what became of it. What it has
                // pending must end; the socket waits for Detach or AbandonAsync, one of which always comes.
                _aborted.Cancel();
                return;
            }
        }

        base.Dispose(disposing);
    }

    // The first write of a request ties its call to this connection; those that follow may come from any thread.
    private IOException? Claim()
    {
        ReplicaCall? holder = Volatile.Read(ref _call);
        ReplicaCall? writer = ReplicaCall.Current;
        if (writer is null)
        {
            return holder is null ? new UnclaimedWriteException() : null;
        }

        if (ReferenceEquals(writer, holder))
        {
            return null;
        }

        if (_answeredEarly || !writer.TryAttach(this))
        {
            return new IOException("The request may have reached the replica already and is not sent again.");
        }

        Volatile.Write(ref _call, writer);
        MarkIdle(false);
        return null;
    }

    // Each connection counts once at most, whatever meets whatever.
    private void MarkIdle(bool isIdle)
    {
        if (Interlocked.Exchange(ref _isIdle, isIdle) == isIdle)
        {
            return;
        }

        if (isIdle)
        {
            idle.Add();
        }
        else
        {
            idle.Remove();
        }
    }

    // The HTTP client passes no token: it counts on Dispose to end what is pending, and here Dispose may leave the socket open.
    private CancellationToken Abortable(CancellationToken given) => given.CanBeCanceled ? given : _aborted.Token;

    // A replica that answers and closes without reading on (413, 401) breaks the upload, but its answer is there to be read. The HTTP client only looks for it when all
    // is sent: so the rest is dropped, as the replica would have done.
    private async ValueTask WrittenAsync(ValueTask writing)
    {
        try
        {
            await writing.ConfigureAwait(false);
        }
        catch (IOException) when (HasAnswered())
        {
            _answeredEarly = true;
        }
    }

    private bool HasAnswered()
    {
        try
        {
            return Volatile.Read(ref _call) is not null && Socket.Available > 0;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    private async Task<bool> LingerAsync(TimeSpan patience)
    {
        // Off the caller's lock and off the I/O thread.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            using var limit = new CancellationTokenSource(patience, time);
            await _aborted.CancelAsync().ConfigureAwait(false);
            Socket.Shutdown(SocketShutdown.Send);
            return await DrainAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            // Reset by the replica: it is over.
            return true;
        }
        finally
        {
            base.Dispose(true);
        }
    }

    private async ValueTask<bool> DrainAsync(CancellationToken ct)
    {
        byte[] scrap = new byte[4096];
        for (int total = 0; total <= MaxDrainedBytes;)
        {
            int read = await base.ReadAsync(scrap, ct).ConfigureAwait(false);
            if (read == 0)
            {
                return true;
            }

            total += read;
        }

        return false;
    }
}
