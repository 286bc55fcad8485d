using System.Globalization;
using InterCluster.Core.Replicas;

namespace InterCluster.Replicas.Processes;

/// <summary>What replicas have used: by their cgroup where they have one, else summed over the processes of their session (Linux).</summary>
internal static class ProcessUsage
{
    // USER_HZ, the unit of /proc, is 100 on every architecture that .NET runs on.
    private const double TicksPerSecond = 100;
    private const string OwnGroup = "intercluster-";

    /// <summary>One look at the machine for all of them; a process that is gone is left out.</summary>
    public static IReadOnlyList<ReplicaUsage> Read(IReadOnlyCollection<(ReplicaId Replica, int Pid)> replicas)
    {
        if (replicas.Count == 0 || !OperatingSystem.IsLinux())
        {
            return [];
        }

        var used = new List<ReplicaUsage>();
        var sessions = new Dictionary<int, ReplicaId>();
        foreach ((ReplicaId replica, int pid) in replicas)
        {
            if (OfGroup(pid) is var (cpu, memory))
            {
                used.Add(new ReplicaUsage(replica, cpu, memory));
            }
            else
            {
                sessions[pid] = replica;
            }
        }

        used.AddRange(sessions.Count == 0 ? [] : OfSessions(sessions));
        return used;
    }

    private static IEnumerable<ReplicaUsage> OfSessions(Dictionary<int, ReplicaId> sessions) => ProcessTable.All()
        .Where(process => sessions.ContainsKey(process.Session))
        .GroupBy(process => sessions[process.Session])
        .Select(group => new ReplicaUsage(
            group.Key, TimeSpan.FromSeconds(group.Sum(p => p.CpuTicks) / TicksPerSecond), group.Sum(p => p.ResidentPages) * Environment.SystemPageSize));

    private static (TimeSpan Cpu, long Memory)? OfGroup(int pid)
    {
        try
        {
            string? path = File.ReadLines($"/proc/{pid}/cgroup").FirstOrDefault(l => l.StartsWith("0::/", StringComparison.Ordinal))?[3..];
            return path is not null && Path.GetFileName(path).StartsWith(OwnGroup, StringComparison.Ordinal) ? ReadGroup("/sys/fs/cgroup" + path) : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>A group's own account. What the kernel may drop at once (files that were read long ago) is no use of memory.</summary>
    internal static (TimeSpan Cpu, long Memory)? ReadGroup(string folder)
    {
        try
        {
            long microseconds = Field(Path.Combine(folder, "cpu.stat"), "usage_usec");
            long held = long.Parse(File.ReadAllText(Path.Combine(folder, "memory.current")), CultureInfo.InvariantCulture);
            return (TimeSpan.FromMicroseconds(microseconds), Math.Max(0, held - Field(Path.Combine(folder, "memory.stat"), "inactive_file")));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or FormatException)
        {
            return null;
        }
    }

    private static long Field(string file, string name) =>
        File.ReadLines(file).Select(line => line.Split(' ')).FirstOrDefault(parts => parts[0] == name) is { Length: 2 } found
            ? long.Parse(found[1], CultureInfo.InvariantCulture)
            : 0;
}
