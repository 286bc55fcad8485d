using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace InterCluster.Core.Naming;

/// <summary>
/// The id of one invocation, sync or async: a UUID version 7 (RFC 9562), so ids sort by the millisecond they were made in
/// and keep 74 random bits. Travels as <c>X-Request-Id</c>.
/// </summary>
/// <param name="Value">The UUID.</param>
public readonly record struct RunId(Guid Value)
{
    // One draw from the system's generator serves many ids: a draw is a system call, and every call makes an id.
    private const int Batch = 1024;

    [ThreadStatic]
    private static byte[]? _random;

    [ThreadStatic]
    private static int _unused;

    /// <summary>Makes a new id stamped with the provider's time.</summary>
    public static RunId New(TimeProvider time)
    {
        Span<byte> id = stackalloc byte[16];
        TakeRandom(id[6..]);
        long milliseconds = time.GetUtcNow().ToUnixTimeMilliseconds();
        BinaryPrimitives.WriteUInt16BigEndian(id, (ushort)(milliseconds >> 32));
        BinaryPrimitives.WriteUInt32BigEndian(id[2..], (uint)milliseconds);
        id[6] = (byte)(0x70 | (id[6] & 0x0F));
        id[8] = (byte)(0x80 | (id[8] & 0x3F));
        return new RunId(new Guid(id, bigEndian: true));
    }

    /// <summary>Reads the canonical form with hyphens, any case; anything else is refused.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out RunId id)
    {
        bool ok = Guid.TryParseExact(text, "D", out Guid value);
        id = new RunId(value);
        return ok;
    }

    /// <summary>When it was made, to the millisecond; null for an id that is none of ours.</summary>
    public DateTimeOffset? MadeAt
    {
        get
        {
            Span<byte> id = stackalloc byte[16];
            Value.TryWriteBytes(id, bigEndian: true, out _);
            long milliseconds = (long)(BinaryPrimitives.ReadUInt64BigEndian(id) >> 16);
            return Value.Version == 7 && milliseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
                ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : null;
        }
    }

    /// <summary>The canonical lower-case form with hyphens.</summary>
    public override string ToString() => Value.ToString("D");

    private static void TakeRandom(Span<byte> bytes)
    {
        byte[] random = _random ??= new byte[Batch];
        if (_unused < bytes.Length)
        {
            RandomNumberGenerator.Fill(random);
            _unused = Batch;
        }

        Span<byte> taken = random.AsSpan(_unused - bytes.Length, bytes.Length);
        taken.CopyTo(bytes);
        // What was given out is nowhere else.
        taken.Clear();
        _unused -= bytes.Length;
    }
}
