using System.Threading.Channels;
using InterCluster.Core.Replicas;

namespace InterCluster.Replicas.Logs;

/// <summary>The output of an app's replicas and what we say about them; the followers of it. Bounded in every direction.</summary>
internal sealed class AppLog(int bytesPerReplica, int endedKept, TimeProvider time)
{
    private const int FollowerBacklog = 4096;

    private readonly Lock _lock = new();
    private readonly Dictionary<ReplicaId, LogRing> _rings = [];
    private readonly Queue<ReplicaId> _ended = new();
    private readonly HashSet<Channel<LogLine>> _followers = [];
    private long _sequence;
    private bool _closed;

    public void Event(ReplicaId replica, string text) => Add(replica, "event", text);

    public void Add(ReplicaId replica, string stream, string text)
    {
        var line = new LogLine(time.GetUtcNow(), replica, stream, text);
        lock (_lock)
        {
            if (!_rings.TryGetValue(replica, out LogRing? ring))
            {
                _rings[replica] = ring = new LogRing(bytesPerReplica);
            }

            ring.Add(_sequence++, line);
            foreach (Channel<LogLine> follower in _followers)
            {
                follower.Writer.TryWrite(line);
            }
        }
    }

    /// <summary>The replica has ended: its lines are kept until enough later ones have ended too.</summary>
    public void End(ReplicaId replica)
    {
        lock (_lock)
        {
            _ended.Enqueue(replica);
            while (_ended.Count > endedKept)
            {
                _rings.Remove(_ended.Dequeue());
            }
        }
    }

    /// <summary>The app is gone: followers see the end.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
            foreach (Channel<LogLine> follower in _followers)
            {
                follower.Writer.TryComplete();
            }
        }
    }

    /// <summary>The last lines, oldest first, and with <paramref name="follow"/> a channel of those that come after them, none missing and none twice.</summary>
    public IReadOnlyList<LogLine> Read(int tail, bool follow, out Channel<LogLine>? follower)
    {
        lock (_lock)
        {
            follower = null;
            if (follow && !_closed)
            {
                // A reader that does not keep up loses the oldest lines; it never holds up the app.
                follower = Channel.CreateBounded<LogLine>(
                    new BoundedChannelOptions(FollowerBacklog) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
                _followers.Add(follower);
            }

            return [.. _rings.Values.SelectMany(r => r.Lines).OrderBy(l => l.Sequence).TakeLast(Math.Max(0, tail)).Select(l => l.Line)];
        }
    }

    public void Leave(Channel<LogLine> follower)
    {
        lock (_lock)
        {
            _followers.Remove(follower);
        }
    }
}
