using System.Threading.Channels;

namespace InterCluster.Core.Signals;

/// <summary>
/// Wakes one loop. A set while nobody waits is remembered once, so a change that comes during a pass leads to another pass.
/// The loop goes on on the thread pool, never on the thread that sets.
/// </summary>
public sealed class Signal
{
    private readonly Channel<bool> _set = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    /// <summary>Wakes the loop; never blocks.</summary>
    public void Set() => _set.Writer.TryWrite(true);

    /// <summary>Completes at the next set, or at once when it was set since the last wait.</summary>
    public async ValueTask WaitAsync(CancellationToken ct) => await _set.Reader.ReadAsync(ct);

    /// <summary>The same, for <paramref name="timeout"/> at most; false when the time was up.</summary>
    public async ValueTask<bool> WaitAsync(TimeSpan timeout, TimeProvider time, CancellationToken ct)
    {
        if (_set.Reader.TryRead(out _))
        {
            return true;
        }

        // The timer sets the same signal: no exception, no second wait left behind.
        bool timedOut = false;
        await using ITimer timer = time.CreateTimer(
            _ =>
            {
                Volatile.Write(ref timedOut, true);
                Set();
            },
            null,
            timeout < TimeSpan.Zero ? TimeSpan.Zero : timeout,
            Timeout.InfiniteTimeSpan);
        await _set.Reader.ReadAsync(ct);
        return !Volatile.Read(ref timedOut);
    }
}
