using System.Buffers.Binary;
using InterCluster.Api.Runs;
using InterCluster.Core.Naming;
using InterCluster.Core.Requests;

namespace InterCluster.Api.Requests;

/// <summary>The cursor of the request log: the place of the last call shown.</summary>
internal static class RequestCursor
{
    private const byte Kind = 2;
    private const int RunAt = 8;

    public static string Write(string project, RequestPlace last)
    {
        Span<byte> key = stackalloc byte[24];
        BinaryPrimitives.WriteInt64BigEndian(key, last.Time.UtcTicks);
        last.Run.Value.TryWriteBytes(key[RunAt..], bigEndian: true, out _);
        return ProjectCursor.Write(Kind, project, key);
    }

    /// <summary>Null for one that is none of this project's.</summary>
    public static RequestPlace? Read(string text, string project)
    {
        Span<byte> key = stackalloc byte[24];
        return ProjectCursor.Read(text, Kind, project, key) == CursorCheck.Valid
            ? new RequestPlace(new DateTimeOffset(BinaryPrimitives.ReadInt64BigEndian(key), TimeSpan.Zero), new RunId(new Guid(key[RunAt..], bigEndian: true)))
            : null;
    }
}
