using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Options;

namespace InterCluster.Api.Auth;

/// <summary>
/// Counts failed logins per remote address and minute (an IPv6 /64 counts as one). Over the limit, nothing is verified for that address any more until
/// its minute is over; callers that are known already still pass, or one broken client would lock out everybody behind the same address. Keys hold 128
/// bits and more: the limit keeps guessing cheap for us, it is not what makes it hopeless.
/// </summary>
internal sealed class FailureLimiter(IOptions<IdentityOptions> options, TimeProvider time)
{
    private const int MaxAddresses = 10_000;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly int _limit = options.Value.FailuresPerMinute;
    private readonly ConcurrentDictionary<ulong, Count> _counts = new();

    public bool IsBlocked(IPAddress? address, out TimeSpan retryAfter)
    {
        retryAfter = TimeSpan.Zero;
        if (!_counts.TryGetValue(Bucket(address), out Count count) || count.Failures < _limit)
        {
            return false;
        }

        retryAfter = count.Until - time.GetUtcNow();
        return retryAfter > TimeSpan.Zero;
    }

    public void Failed(IPAddress? address)
    {
        DateTimeOffset now = time.GetUtcNow();
        if (_counts.Count >= MaxAddresses)
        {
            Forget(now);
        }

        _counts.AddOrUpdate(
            Bucket(address),
            static (_, now) => new Count(1, now + Window),
            static (_, count, now) => count.Until <= now ? new Count(1, now + Window) : count with { Failures = count.Failures + 1 },
            now);
    }

    private void Forget(DateTimeOffset now)
    {
        foreach ((ulong address, Count count) in _counts)
        {
            if (count.Until <= now)
            {
                _counts.TryRemove(address, out _);
            }
        }

        if (_counts.Count >= MaxAddresses)
        {
            _counts.Clear();
        }
    }

    private static ulong Bucket(IPAddress? address)
    {
        if (address is null)
        {
            return 0;
        }

        Span<byte> bytes = stackalloc byte[16];
        (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).TryWriteBytes(bytes, out int length);
        return length == 4 ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt64BigEndian(bytes);
    }

    private readonly record struct Count(int Failures, DateTimeOffset Until);
}
