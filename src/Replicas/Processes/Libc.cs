using System.Runtime.InteropServices;

namespace InterCluster.Replicas.Processes;

/// <summary>How a child stands.</summary>
internal enum ChildState
{
    Running,

    /// <summary>Ended, and not collected yet.</summary>
    Ended,

    /// <summary>Not a child of ours, or collected.</summary>
    Gone,
}

/// <summary>The C library, as far as the base class library does not reach. The numbers are those of Linux (x64, arm64) and macOS.</summary>
internal static unsafe partial class Libc
{
    public const int SigKill = 9;
    public const int SigTerm = 15;
    public const int Esrch = 3;
    public const int Enosys = 38;

    private const int NoNewPrivileges = 38;
    private const long PidfdOpen = 434;
    private const long PidfdSendSignal = 424;

    /// <summary>Leave the terminal's session and be the leader of a new process group.</summary>
    public static readonly short SpawnSetSid = (short)(OperatingSystem.IsMacOS() ? 0x400 : 0x80);

    public const short SpawnSetSignalDefaults = 0x04;
    public const short SpawnSetSignalMask = 0x08;

    public static readonly int OpenAppend = OperatingSystem.IsMacOS() ? 0x0001 | 0x0008 : 0x0001 | 0x0400;

    public const int OpenRead = 0;

    private static readonly int WaitPeek = 1 | 4 | (OperatingSystem.IsMacOS() ? 0x20 : 0x0100_0000);

    /// <summary>Looks at a child without collecting it: while it is not collected, its pid cannot belong to anyone else.</summary>
    public static ChildState Peek(int pid)
    {
        // The first field of siginfo_t is the signal: zero when nothing has happened.
        byte* info = stackalloc byte[256];
        new Span<byte>(info, 256).Clear();
        return waitid(1, (uint)pid, info, WaitPeek) != 0 ? ChildState.Gone : *(int*)info != 0 ? ChildState.Ended : ChildState.Running;
    }

    /// <summary>Collects a child that has ended and tells how.</summary>
    public static string Collect(int pid)
    {
        int status = 0;
        int result;
        do
        {
            result = waitpid(pid, &status, 0);
        }
        while (result < 0 && Marshal.GetLastPInvokeError() == 4);

        if (result != pid)
        {
            return "ended; how is not known";
        }

        int signal = status & 0x7f;
        return signal == 0 ? $"exit code {(status >> 8) & 0xff}" : $"killed by signal {signal}{Name(signal)}";
    }

    /// <summary>Signals a process group. The caller makes sure that the group's number is still the one it means.</summary>
    public static void SignalGroup(int group, int signal)
    {
        if (group > 1)
        {
            _ = kill(-group, signal);
        }
    }

    /// <summary>A handle of a process that stays on it even when its number is given to another; -1 when it is gone; null when the kernel has no such thing.</summary>
    public static int? OpenProcess(int pid)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        long handle = syscall(PidfdOpen, pid, 0, 0, 0);
        return handle >= 0 ? (int)handle : Marshal.GetLastPInvokeError() == Enosys ? null : -1;
    }

    public static void SignalProcess(int handle, int signal) => _ = syscall(PidfdSendSignal, handle, signal, 0, 0);

    public static void Close(int handle) => _ = close(handle);

    public static void Signal(int pid, int signal)
    {
        if (pid > 1)
        {
            _ = kill(pid, signal);
        }
    }

    /// <summary>This thread, and what it starts, can gain no privileges by running set-user-id programs. Cannot be undone.</summary>
    public static bool ForbidNewPrivileges() => OperatingSystem.IsLinux() && prctl(NoNewPrivileges, 1, 0, 0, 0) == 0;

    /// <summary>Limits the private writable memory of one process (RLIMIT_DATA).</summary>
    public static bool LimitData(int pid, long bytes)
    {
        ulong* limit = stackalloc ulong[2] { (ulong)bytes, (ulong)bytes };
        return OperatingSystem.IsLinux() && prlimit(pid, 2, limit, null) == 0;
    }

    /// <summary>Gives the blocks of a file's beginning back to the disk without moving what follows.</summary>
    public static bool PunchHole(int file, long length) => OperatingSystem.IsLinux() && fallocate(file, 3, 0, length) == 0;

    private static string Name(int signal) => signal switch
    {
        1 => " (SIGHUP)", 2 => " (SIGINT)", 6 => " (SIGABRT)", SigKill => " (SIGKILL)", 11 => " (SIGSEGV)", SigTerm => " (SIGTERM)", _ => "",
    };

    [LibraryImport("libc", SetLastError = true)]
    private static partial int waitid(int idtype, uint id, byte* info, int options);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int waitpid(int pid, int* status, int options);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int pid, int signal);

    [LibraryImport("libc", SetLastError = true)]
    private static partial long syscall(long number, long a, long b, long c, long d);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int prctl(int option, nuint a, nuint b, nuint c, nuint d);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int prlimit(int pid, int resource, ulong* limit, ulong* old);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fallocate(int file, int mode, long offset, long length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int file);
}
