using InterCluster.Core.Naming;
using InterCluster.Core.Requests;
using Microsoft.Extensions.Options;

namespace InterCluster.Api.Requests;

/// <summary>
/// The last calls, in a ring of memory. Writers take the next place with one increment and never wait: a place that somebody is reading or
/// that another writer has lapped is skipped, and counted.
/// </summary>
internal sealed class RequestLog : IRequestLog
{
    private readonly Entry[] _ring;
    private long _next = -1;
    private long _dropped;

    public RequestLog(IOptions<RequestLogOptions> options)
    {
        // A power of two, so that a place is a mask away.
        _ring = new Entry[System.Numerics.BitOperations.RoundUpToPowerOf2((uint)options.Value.Capacity)];
        for (int i = 0; i < _ring.Length; i++)
        {
            _ring[i] = new Entry();
        }
    }

    public long Dropped => Volatile.Read(ref _dropped);

    public void Record(in RequestRecord record)
    {
        Entry entry = _ring[Interlocked.Increment(ref _next) & (_ring.Length - 1)];
        if (!entry.TryWrite(record))
        {
            Interlocked.Increment(ref _dropped);
        }
    }

    public bool TryFind(RunId id, out RequestRecord record)
    {
        foreach (RequestRecord kept in NewestFirst())
        {
            if (kept.Id == id)
            {
                record = kept;
                return true;
            }
        }

        record = default;
        return false;
    }

    public IReadOnlyList<RequestRecord> Recent(string project, in RequestFilter filter, int limit)
    {
        // The ring is in the order in which calls ended. The oldest of those found so far stands in front.
        var found = new PriorityQueue<RequestRecord, RequestPlace>();
        foreach (RequestRecord kept in NewestFirst())
        {
            if (kept.Function.App.Project == project && filter.Matches(kept))
            {
                found.Enqueue(kept, kept.Place);
                if (found.Count > limit)
                {
                    found.Dequeue();
                }
            }
        }

        return [.. found.UnorderedItems.OrderByDescending(f => f.Priority).Select(f => f.Element)];
    }

    private IEnumerable<RequestRecord> NewestFirst()
    {
        long newest = Volatile.Read(ref _next);
        for (long place = newest; place >= 0 && place > newest - _ring.Length; place--)
        {
            if (_ring[place & (_ring.Length - 1)].TryRead(out RequestRecord record))
            {
                yield return record;
            }
        }
    }

    private sealed class Entry
    {
        private RequestRecord _record;
        private int _taken;
        private bool _filled;

        public bool TryWrite(in RequestRecord record)
        {
            if (Interlocked.CompareExchange(ref _taken, 1, 0) != 0)
            {
                return false;
            }

            _record = record;
            _filled = true;
            Volatile.Write(ref _taken, 0);
            return true;
        }

        public bool TryRead(out RequestRecord record)
        {
            record = default;
            if (Interlocked.CompareExchange(ref _taken, 1, 0) != 0)
            {
                return false;
            }

            bool filled = _filled;
            record = _record;
            Volatile.Write(ref _taken, 0);
            return filled;
        }
    }
}
