using System.Globalization;
using InterCluster.Core.Apps;

namespace InterCluster.Replicas.Processes;

/// <summary>A cgroup v2 of one replica: hard limits for the whole of it, and a way to kill whatever is in it.</summary>
internal sealed class Cgroup(string folder)
{
    private const int CpuPeriod = 100_000;

    public string Folder { get; } = folder;

    /// <summary>
    /// The folder for replicas' groups: the configured one, else the parent of our own group when it can be written to. Null when there is none.
    /// </summary>
    public static string? FindParent(string? configured)
    {
        if (configured is not null)
        {
            return configured.Length > 0 && Directory.Exists(configured) ? configured : null;
        }

        string? ours = File.Exists("/proc/self/cgroup")
            ? File.ReadLines("/proc/self/cgroup").FirstOrDefault(l => l.StartsWith("0::/", StringComparison.Ordinal))?[3..]
            : null;
        string? parent = ours is null or "/" ? null : Path.GetDirectoryName("/sys/fs/cgroup" + ours);
        return parent is not null && CanLimit(parent) ? parent : null;
    }

    /// <summary>Makes the group and sets its limits; null when it cannot be made.</summary>
    public static Cgroup? TryCreate(string parent, string name, HardwareConfig hardware, int maxTasks, out string limits)
    {
        limits = "";
        string folder = Path.Combine(parent, "intercluster-" + name);
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        var inForce = new List<string>();
        if (hardware.Cpu is double cpu && TryWrite(folder, "cpu.max", $"{(long)Math.Ceiling(cpu * CpuPeriod)} {CpuPeriod}"))
        {
            inForce.Add(string.Create(CultureInfo.InvariantCulture, $"cpu {cpu}"));
        }

        if (hardware.MemoryGb is double memory && TryWrite(folder, "memory.max", Bytes(memory).ToString(CultureInfo.InvariantCulture)))
        {
            TryWrite(folder, "memory.oom.group", "1");
            inForce.Add(string.Create(CultureInfo.InvariantCulture, $"memory {memory} GB"));
        }

        if (TryWrite(folder, "pids.max", maxTasks.ToString(CultureInfo.InvariantCulture)))
        {
            inForce.Add($"{maxTasks} tasks");
        }

        limits = string.Join(", ", inForce);
        return new Cgroup(folder);
    }

    public static long Bytes(double gigabytes) => (long)(gigabytes * 1_000_000_000);

    /// <summary>Moves a process in; what it starts from then on is in it too.</summary>
    public bool Add(int pid) => TryWrite(Folder, "cgroup.procs", pid.ToString(CultureInfo.InvariantCulture));

    /// <summary>Kills everything in the group at once, also what has left the process group.</summary>
    public void Kill() => TryWrite(Folder, "cgroup.kill", "1");

    /// <summary>Removes the group; nothing happens while it is not empty.</summary>
    public void Delete()
    {
        try
        {
            Directory.Delete(Folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The last process is still being torn down: the next start of the server removes the group.
        }
    }

    // Only where the controllers are already there for children: turning them on is for whoever owns the folder.
    private static bool CanLimit(string parent)
    {
        try
        {
            string[] controllers = File.ReadAllText(Path.Combine(parent, "cgroup.subtree_control")).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
            using FileStream writable = File.OpenWrite(Path.Combine(parent, "cgroup.procs"));
            return controllers.Contains("memory");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool TryWrite(string folder, string file, string text)
    {
        try
        {
            // Never creates: in a cgroup a file that is not there means that the controller is not.
            using var stream = new FileStream(Path.Combine(folder, file), FileMode.Open, FileAccess.Write);
            stream.Write(System.Text.Encoding.ASCII.GetBytes(text));
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
