using System.Diagnostics;
using InterCluster.Core.Replicas;
using InterCluster.Replicas.Processes;

namespace InterCluster.Replicas.Tests.Processes;

public sealed class ProcessUsageTests
{
    private static readonly ReplicaId Busy = new("busy");
    private static readonly ReplicaId Idle = new("idle");

    [Fact]
    public async Task A_replica_is_charged_for_all_that_it_started_and_for_nothing_else()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux only.");
        // Its child is the one that works, until it has used some processor time, and says so.
        using Process busy = Start("exec 3<&0; sh -c 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; echo worked; read x <&3' & wait");
        using Process idle = Start("echo there; read x");
        try
        {
            Assert.Equal("worked", await busy.StandardOutput.ReadLineAsync());
            Assert.Equal("there", await idle.StandardOutput.ReadLineAsync());

            Dictionary<ReplicaId, ReplicaUsage> used = ProcessUsage.Read([(Busy, busy.Id), (Idle, idle.Id)]).ToDictionary(u => u.Replica);

            Assert.True(used[Busy].Cpu > used[Idle].Cpu, $"{used[Busy].Cpu} against {used[Idle].Cpu}");
            Assert.InRange(used[Busy].Cpu, TimeSpan.FromMilliseconds(20), TimeSpan.FromMinutes(1));
            Assert.InRange(used[Busy].MemoryBytes, 200_000, 200_000_000);
            Assert.InRange(used[Idle].MemoryBytes, 100_000, 100_000_000);
        }
        finally
        {
            busy.Kill(entireProcessTree: true);
            idle.Kill(entireProcessTree: true);
        }
    }

    [Fact]
    public async Task A_replica_that_is_gone_is_left_out()
    {
        using Process gone = Start("exit");
        await gone.WaitForExitAsync();

        Assert.Empty(ProcessUsage.Read([(Busy, gone.Id)]));
    }

    [Fact]
    public void A_group_is_read_from_its_own_account_without_what_the_kernel_may_drop()
    {
        string folder = Directory.CreateTempSubdirectory("intercluster-").FullName;
        File.WriteAllText(Path.Combine(folder, "cpu.stat"), "usage_usec 2500000\nuser_usec 2000000\nsystem_usec 500000\n");
        File.WriteAllText(Path.Combine(folder, "memory.current"), "1000000\n");
        File.WriteAllText(Path.Combine(folder, "memory.stat"), "anon 600000\ninactive_file 300000\n");

        Assert.Equal((TimeSpan.FromSeconds(2.5), 700_000L), ProcessUsage.ReadGroup(folder));
        File.Delete(Path.Combine(folder, "memory.current"));
        Assert.Null(ProcessUsage.ReadGroup(folder));
        Directory.Delete(folder, recursive: true);
    }

    // A session of its own, as every replica has.
    private static Process Start(string script) =>
        Process.Start(new ProcessStartInfo("setsid", ["sh", "-c", script]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
}
