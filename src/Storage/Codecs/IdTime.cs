using System.Buffers.Binary;

namespace InterCluster.Storage.Codecs;

/// <summary>The time in an id of ours: a UUID version 7 begins with the milliseconds since 1970.</summary>
internal static class IdTime
{
    public static long Micros(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return (long)(BinaryPrimitives.ReadUInt64BigEndian(bytes) >> 16) * 1000;
    }
}
