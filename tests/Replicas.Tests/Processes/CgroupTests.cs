using InterCluster.Core.Apps;
using InterCluster.Replicas.Processes;

namespace InterCluster.Replicas.Tests.Processes;

/// <summary>Against a folder with the files of a cgroup: what is written into them, and what is said to be in force.</summary>
public sealed class CgroupTests : IDisposable
{
    private readonly string _parent = Directory.CreateTempSubdirectory("intercluster-").FullName;

    [Fact]
    public void Limits_are_written_where_their_controller_is()
    {
        string folder = Prepare("cpu.max", "memory.max", "memory.oom.group", "pids.max", "cgroup.procs");

        Cgroup cgroup = Cgroup.TryCreate(_parent, "r1", new HardwareConfig { Cpu = 0.5, MemoryGb = 1.5 }, 100, out string limits)!;
        cgroup.Add(42);

        Assert.Equal("cpu 0.5, memory 1.5 GB, 100 tasks", limits);
        Assert.Equal("50000 100000", Read(folder, "cpu.max"));
        Assert.Equal("1500000000", Read(folder, "memory.max"));
        Assert.Equal("1", Read(folder, "memory.oom.group"));
        Assert.Equal("100", Read(folder, "pids.max"));
        Assert.Equal("42", Read(folder, "cgroup.procs"));
    }

    [Fact]
    public void A_limit_without_its_controller_is_not_said_to_be_in_force()
    {
        string folder = Prepare("memory.max");

        Cgroup.TryCreate(_parent, "r1", new HardwareConfig { Cpu = 2, MemoryGb = 1 }, 100, out string limits);

        Assert.Equal("memory 1 GB", limits);
        Assert.False(File.Exists(Path.Combine(folder, "cpu.max")));
    }

    [Fact]
    public void A_parent_that_cannot_be_written_to_gives_no_group() =>
        Assert.Null(Cgroup.TryCreate("/proc/self", "r1", new HardwareConfig(), 100, out _));

    public void Dispose() => Directory.Delete(_parent, recursive: true);

    private static string Read(string folder, string file) => File.ReadAllText(Path.Combine(folder, file));

    private string Prepare(params string[] files)
    {
        string folder = Path.Combine(_parent, "intercluster-r1");
        Directory.CreateDirectory(folder);
        foreach (string file in files)
        {
            File.WriteAllText(Path.Combine(folder, file), "");
        }

        return folder;
    }
}
