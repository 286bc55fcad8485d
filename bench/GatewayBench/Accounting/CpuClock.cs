using System.ComponentModel;
using System.Runtime.InteropServices;

namespace InterCluster.Bench.Gateway.Accounting;

/// <summary>
/// The kernel's CPU clock of a process: user and system time of all its threads, ended ones included, in nanoseconds.
/// The same account as utime + stime in /proc/PID/stat, without the rounding to 10 ms.
/// </summary>
internal static partial class CpuClock
{
    private const int RusageChildren = -1;

    public static TimeSpan Of(int pid)
    {
        // MAKE_PROCESS_CPUCLOCK(pid, CPUCLOCK_SCHED) of <linux/posix-timers.h>: what clock_getcpuclockid(3) returns.
        var clock = (~pid << 3) | 2;
        return ClockGetTime(clock, out var time) == 0 ? time.ToTimeSpan() : throw new Win32Exception();
    }

    /// <summary>CPU time of the threads of a process that have this name (the kernel keeps 15 characters of it).</summary>
    public static TimeSpan OfThreads(int pid, string name)
    {
        var nanoseconds = Directory.EnumerateDirectories($"/proc/{pid}/task")
            .Where(task => ProcFile.ReadOrEmpty($"{task}/comm").TrimEnd() == name)
            .Select(task => ProcFile.ReadOrEmpty($"{task}/schedstat").Split(' ')[0])
            .Sum(first => long.TryParse(first, out var time) ? time : 0);
        return TimeSpan.FromTicks(nanoseconds / TimeSpan.NanosecondsPerTick);
    }

    /// <summary>CPU time of all children that have ended and been waited for.</summary>
    public static TimeSpan OfEndedChildren() =>
        GetRusage(RusageChildren, out var usage) == 0
            ? TimeSpan.FromSeconds(usage.UserSeconds + usage.SystemSeconds) + TimeSpan.FromMicroseconds(usage.UserMicros + usage.SystemMicros)
            : throw new Win32Exception();

    [LibraryImport("libc", EntryPoint = "clock_gettime", SetLastError = true)]
    private static partial int ClockGetTime(int clock, out TimeSpec time);

    [LibraryImport("libc", EntryPoint = "getrusage", SetLastError = true)]
    private static partial int GetRusage(int who, out Rusage usage);

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct TimeSpec
    {
        private readonly long _seconds;
        private readonly long _nanoseconds;

        public TimeSpan ToTimeSpan() => TimeSpan.FromSeconds(_seconds) + TimeSpan.FromTicks(_nanoseconds / TimeSpan.NanosecondsPerTick);
    }

    // struct rusage: two timevals, then fourteen longs that are not read here.
    [StructLayout(LayoutKind.Sequential, Size = 144)]
    private readonly struct Rusage
    {
        public readonly long UserSeconds;
        public readonly long UserMicros;
        public readonly long SystemSeconds;
        public readonly long SystemMicros;
    }
}
