using InterCluster.Core.Naming;

namespace InterCluster.Api.Runs;

/// <summary>The cursor of a list of runs: the last run shown.</summary>
internal static class RunCursor
{
    private const byte Kind = 1;

    /// <summary>The cursor after this run.</summary>
    public static string Write(string project, RunId last)
    {
        Span<byte> key = stackalloc byte[16];
        last.Value.TryWriteBytes(key, bigEndian: true, out _);
        return ProjectCursor.Write(Kind, project, key);
    }

    /// <summary>Reads a cursor that a caller of this project sent.</summary>
    public static CursorCheck Read(string text, string project, out RunId last)
    {
        Span<byte> key = stackalloc byte[16];
        CursorCheck check = ProjectCursor.Read(text, Kind, project, key);
        last = new RunId(new Guid(key, bigEndian: true));
        return check;
    }
}
