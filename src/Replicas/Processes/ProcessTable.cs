using System.Globalization;
using System.Text;

namespace InterCluster.Replicas.Processes;

/// <summary>A process, told apart from a later one with the same number by its start time (clock ticks since boot).</summary>
internal readonly record struct ProcessIdentity(int Pid, long StartTime);

/// <summary>What /proc tells of a process.</summary>
internal readonly record struct ProcessEntry(ProcessIdentity Identity, char State, int Group, int Session, long CpuTicks = 0, long ResidentPages = 0)
{
    public bool IsAlive => State is not ('Z' or 'X');
}

/// <summary>The machine's processes (Linux). Elsewhere all answers are empty.</summary>
internal static class ProcessTable
{
    /// <summary>Another one after each boot; empty when not known.</summary>
    public static string BootId { get; } = ReadText("/proc/sys/kernel/random/boot_id")?.Trim() ?? "";

    public static ProcessEntry? Read(int pid)
    {
        // "pid (name) state ppid pgrp session … starttime": the name may hold anything, so the fields are counted from the last parenthesis.
        string? stat = ReadText($"/proc/{pid}/stat");
        int end = stat?.LastIndexOf(')') ?? -1;
        if (end < 0)
        {
            return null;
        }

        string[] fields = stat![(end + 2)..].Split(' ');
        return new ProcessEntry(
            new ProcessIdentity(pid, long.Parse(fields[19], CultureInfo.InvariantCulture)),
            fields[0][0],
            int.Parse(fields[2], CultureInfo.InvariantCulture),
            int.Parse(fields[3], CultureInfo.InvariantCulture),
            // Its own, and that of children which it has waited for: user and system.
            fields[11..15].Sum(ticks => long.Parse(ticks, CultureInfo.InvariantCulture)),
            long.Parse(fields[21], CultureInfo.InvariantCulture));
    }

    public static bool IsAlive(ProcessIdentity process) => Read(process.Pid) is { IsAlive: true } entry && entry.Identity == process;

    /// <summary>The live processes that began their life with this line in their environment.</summary>
    /// <param name="marker">The line.</param>
    /// <param name="unsure">True when a process was caught where it has no environment to be seen: another look is needed.</param>
    public static IReadOnlyList<ProcessEntry> FindByMarker(string marker, out bool unsure)
    {
        var found = new List<ProcessEntry>();
        unsure = false;
        foreach (ProcessEntry process in All())
        {
            byte[]? environment = ReadBytes($"/proc/{process.Identity.Pid}/environ");
            if (environment is { Length: 0 })
            {
                unsure |= IsBetweenPrograms(process);
            }
            else if (environment is not null && Holds(environment, marker))
            {
                found.Add(process);
            }
        }

        return found;
    }

    /// <summary>True when the process began its life with this line in its environment.</summary>
    public static bool HasMarker(int pid, string marker) => ReadBytes($"/proc/{pid}/environ") is { } environment && Holds(environment, marker);

    /// <summary>Signals exactly this process, or nobody.</summary>
    public static void Signal(ProcessIdentity process, int signal)
    {
        int? handle = Libc.OpenProcess(process.Pid);
        if (handle < 0)
        {
            return;
        }

        // The handle was opened first: when the start time is right now, it is the right process that the handle stays on.
        if (IsAlive(process))
        {
            if (handle is int open)
            {
                Libc.SignalProcess(open, signal);
            }
            else
            {
                Libc.Signal(process.Pid, signal);
            }
        }

        if (handle is int opened)
        {
            Libc.Close(opened);
        }
    }

    public static IEnumerable<ProcessEntry> All()
    {
        if (!OperatingSystem.IsLinux())
        {
            yield break;
        }

        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out int pid)
                && Read(pid) is { IsAlive: true } entry)
            {
                yield return entry;
            }
        }
    }

    private static bool Holds(byte[] environment, string marker) => Encoding.UTF8.GetString(environment).Split('\0').Contains(marker);

    // Within execve, and when it is ending, a process has neither arguments nor environment. Nor has a kernel thread, which has no session.
    private static bool IsBetweenPrograms(ProcessEntry process) =>
        process.Session != 0 && ReadBytes($"/proc/{process.Identity.Pid}/cmdline") is { Length: 0 };

    private static string? ReadText(string path) => ReadBytes(path) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;

    private static byte[]? ReadBytes(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
