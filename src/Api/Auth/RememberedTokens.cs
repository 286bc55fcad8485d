using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using InterCluster.Core.Identity;

namespace InterCluster.Api.Auth;

/// <summary>
/// Headers that were verified, until their token expires or its key is revoked. Bounded; a lookup takes no lock and allocates nothing. Only verified
/// headers come in, so nobody without a token of ours can fill it.
/// </summary>
internal sealed class RememberedTokens(int capacity, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, Entry> _entries = new(TailComparer.Instance);
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public bool TryGet(string authorization, [NotNullWhen(true)] out Caller? caller)
    {
        if (_entries.TryGetValue(authorization, out Entry? entry) && entry.IsValid(time.GetUtcNow()))
        {
            caller = entry.Caller;
            return true;
        }

        caller = null;
        return false;
    }

    /// <param name="authorization">The whole header.</param>
    /// <param name="caller">Who it is.</param>
    /// <param name="key">Its key; null for the server's own, which is not revoked.</param>
    /// <param name="until">Not valid from this instant on.</param>
    public void Add(string authorization, Caller caller, VerificationKey? key, DateTimeOffset until)
    {
        if (Count >= capacity)
        {
            MakeRoom();
        }

        if (_entries.TryAdd(authorization, new Entry(caller, key, until)))
        {
            Interlocked.Increment(ref _count);
        }
    }

    /// <summary>Drops what is over; then, when that is not enough, any tenth: a token that is dropped is only verified again.</summary>
    private void MakeRoom()
    {
        DateTimeOffset now = time.GetUtcNow();
        foreach ((string header, Entry entry) in _entries)
        {
            if (!entry.IsValid(now))
            {
                Drop(header);
            }
        }

        int surplus = Count - capacity + (capacity / 10) + 1;
        foreach ((string header, _) in _entries)
        {
            if (surplus-- <= 0)
            {
                return;
            }

            Drop(header);
        }
    }

    private void Drop(string header)
    {
        if (_entries.TryRemove(header, out _))
        {
            Interlocked.Decrement(ref _count);
        }
    }

    private sealed class Entry(Caller caller, VerificationKey? key, DateTimeOffset until)
    {
        public Caller Caller { get; } = caller;

        public bool IsValid(DateTimeOffset now) => key is not { Live: false } && now < until;
    }

    /// <summary>
    /// Hashes the last 32 characters, which are of the signature and hold 192 random bits: as good as the whole and twenty times shorter. The hash is
    /// seeded per process, so nobody can aim at a bucket and learn a signature from how long the comparison takes.
    /// </summary>
    private sealed class TailComparer : IEqualityComparer<string>
    {
        public static readonly TailComparer Instance = new();

        public bool Equals(string? x, string? y) => string.Equals(x, y);

        public int GetHashCode(string header) => string.GetHashCode(header.AsSpan(Math.Max(0, header.Length - 32)));
    }
}
