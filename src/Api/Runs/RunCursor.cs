using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using InterCluster.Core.Naming;

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
/// The opaque cursor of a list: the last run shown, the project it was shown to, and a checksum. It gives no right: the list is always filtered by
/// the caller's project.
/// </summary>
internal static class RunCursor
{
    private const byte Version = 1;
    private const int ProjectAt = 17;
    private const int ChecksumAt = 25;
    private const int Length = 29;

    /// <summary>The cursor after this run.</summary>
    public static string Write(string project, RunId last)
    {
        Span<byte> bytes = stackalloc byte[Length];
        bytes[0] = Version;
        last.Value.TryWriteBytes(bytes[1..], bigEndian: true, out _);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[ProjectAt..], Hash(Encoding.UTF8.GetBytes(project)));
        BinaryPrimitives.WriteUInt32BigEndian(bytes[ChecksumAt..], (uint)Hash(bytes[..ChecksumAt]));
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>Reads a cursor that a caller of this project sent.</summary>
    public static CursorCheck Read(string text, string project, out RunId last)
    {
        last = default;
        Span<byte> bytes = stackalloc byte[Length];
        if (text.Length > 64 || !Base64Url.IsValid(text, out int decoded) || decoded != Length
            || !Base64Url.TryDecodeFromChars(text, bytes, out _)
            || bytes[0] != Version
            || BinaryPrimitives.ReadUInt32BigEndian(bytes[ChecksumAt..]) != (uint)Hash(bytes[..ChecksumAt]))
        {
            return CursorCheck.Malformed;
        }

        last = new RunId(new Guid(bytes[1..ProjectAt], bigEndian: true));
        return BinaryPrimitives.ReadUInt64BigEndian(bytes[ProjectAt..]) == Hash(Encoding.UTF8.GetBytes(project)) ? CursorCheck.Valid : CursorCheck.Foreign;
    }

    private static ulong Hash(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(bytes));
}
