using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace InterCluster.Api.Runs;

/// <summary>What a cursor turned out to be.</summary>
internal enum CursorCheck
{
    /// <summary>A cursor of this project.</summary>
    Valid,

    /// <summary>Not a cursor that we made.</summary>
    Malformed,

    /// <summary>A cursor of another project.</summary>
    Foreign,
}

/// <summary>
/// The opaque cursor of a list: the key of the last thing shown, the project it was shown to, and a checksum. It gives no right: the list is always filtered by
/// the caller's project.
/// </summary>
internal static class ProjectCursor
{
    private const int MaxKey = 24;
    private const int Kind = 1;
    private const int Project = 8;
    private const int Checksum = 4;

    /// <param name="kind">Of which list: a cursor of one means nothing to another.</param>
    /// <param name="project">Whose list.</param>
    /// <param name="key">What the last one is found by again; 24 bytes at most.</param>
    public static string Write(byte kind, string project, ReadOnlySpan<byte> key)
    {
        Span<byte> bytes = stackalloc byte[Kind + MaxKey + Project + Checksum];
        bytes = bytes[..(Kind + key.Length + Project + Checksum)];
        bytes[0] = kind;
        key.CopyTo(bytes[Kind..]);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[(Kind + key.Length)..], Hash(Encoding.UTF8.GetBytes(project)));
        BinaryPrimitives.WriteUInt32BigEndian(bytes[^Checksum..], (uint)Hash(bytes[..^Checksum]));
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>Reads a cursor that a caller of this project sent; the key has to be as long as what is given for it.</summary>
    public static CursorCheck Read(string text, byte kind, string project, Span<byte> key)
    {
        Span<byte> bytes = stackalloc byte[Kind + MaxKey + Project + Checksum];
        bytes = bytes[..(Kind + key.Length + Project + Checksum)];
        if (text.Length > 64 || !Base64Url.IsValid(text, out int decoded) || decoded != bytes.Length
            || !Base64Url.TryDecodeFromChars(text, bytes, out _)
            || bytes[0] != kind
            || BinaryPrimitives.ReadUInt32BigEndian(bytes[^Checksum..]) != (uint)Hash(bytes[..^Checksum]))
        {
            return CursorCheck.Malformed;
        }

        bytes.Slice(Kind, key.Length).CopyTo(key);
        ulong owner = BinaryPrimitives.ReadUInt64BigEndian(bytes[(Kind + key.Length)..]);
        return owner == Hash(Encoding.UTF8.GetBytes(project)) ? CursorCheck.Valid : CursorCheck.Foreign;
    }

    private static ulong Hash(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(bytes));
}
