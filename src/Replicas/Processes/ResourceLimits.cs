using System.Globalization;
using InterCluster.Core.Apps;

namespace InterCluster.Replicas.Processes;

/// <summary>Puts a started process under its limits, as far as the system lets us, and says which are in force.</summary>
internal static class ResourceLimits
{
    public static string Apply(int pid, Cgroup? cgroup, string cgroupLimits, HardwareConfig hardware, bool noNewPrivileges)
    {
        // Within microseconds of the start, while the program is being loaded.
        bool grouped = cgroup is not null && cgroup.Add(pid);
        string limits = grouped ? $"{cgroupLimits} (cgroup)" : WithoutCgroup(pid, hardware);
        PreferToTheServerWhenMemoryEnds(pid);
        return noNewPrivileges ? $"{limits}; no new privileges" : limits;
    }

    // RLIMIT_DATA and not RLIMIT_AS: runtimes reserve address space by the hundred gigabytes and use little of it.
    private static string WithoutCgroup(int pid, HardwareConfig hardware)
    {
        string cpu = hardware.Cpu is null ? "" : "cpu not limited (no cgroup); ";
        return hardware.MemoryGb is not double memory ? cpu + "memory not limited"
            : Libc.LimitData(pid, Cgroup.Bytes(memory)) ? string.Create(CultureInfo.InvariantCulture, $"{cpu}memory {memory} GB per process (RLIMIT_DATA)")
            : cpu + "memory not limited (no cgroup)";
    }

    private static void PreferToTheServerWhenMemoryEnds(int pid)
    {
        try
        {
            if (OperatingSystem.IsLinux())
            {
                File.WriteAllText($"/proc/{pid}/oom_score_adj", "300");
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It has ended already, or the system does not let us: the order of killing stays the kernel's own.
        }
    }
}
