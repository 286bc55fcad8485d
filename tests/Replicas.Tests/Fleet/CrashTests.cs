using System.Net;
using System.Net.Sockets;
using InterCluster.Core.Admission;
using InterCluster.Core.Replicas;
using InterCluster.Replicas.Processes;
using InterCluster.Replicas.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace InterCluster.Replicas.Tests.Fleet;

/// <summary>Replicas that crash, hang, or never get ready.</summary>
public sealed class CrashTests
{
    [Fact]
    public async Task A_replica_that_dies_leaves_admission_at_once_and_is_started_again()
    {
        await using Scene scene = await Scene.StartAsync();
        scene.Deploy(scene.Config());
        await scene.UntilReadyAsync(1);
        ReplicaStatus first = scene.Replicas.Replicas[0];

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => scene.CallAsync<string>("/exit/3"));
        await Scene.Eventually(() => scene.In(ReplicaState.Ready) is [var next] && next.Id != first.Id, "another replica");

        Assert.Equal("exit code 3", Assert.Single(scene.In(ReplicaState.Crashed)).Detail);
        Assert.NotEqual(first.ProcessId, (await scene.WhereAsync()).Pid);
        Assert.False(scene.Replicas.CrashLoop);
    }

    [Fact]
    public async Task A_crash_loop_stops_refuses_calls_is_shown_and_ends_with_a_new_deploy()
    {
        await using Scene scene = await Scene.StartAsync();
        scene.Mark("crash");
        scene.Deploy(scene.Config(min: 0));
        AdmissionResult[] waiting = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => WaitForSlotAsync(scene)));

        Assert.All(waiting, r => Assert.Equal(Refusal.NoReplica, r.Refusal));
        Assert.True(scene.Replicas.CrashLoop);
        Assert.Equal(5, scene.In(ReplicaState.Crashed).Length);
        Assert.All(scene.In(ReplicaState.Crashed), r => Assert.Equal("exit code 7", r.Detail));
        List<LogLine> log = await scene.LogAsync();
        Assert.Equal(5, log.Count(l => l.Stream == "stdout" && l.Text == "about to crash"));
        Assert.Contains(log, l => l.Stream == "event" && l.Text.Contains("5 crashes in a row", StringComparison.Ordinal));

        scene.Unmark("crash");
        scene.Deploy(scene.Config(min: 1), number: 2);
        await scene.UntilReadyAsync(1);
        Assert.False(scene.Replicas.CrashLoop);
        Assert.Equal(2, scene.In(ReplicaState.Ready)[0].Revision);

        static async Task<AdmissionResult> WaitForSlotAsync(Scene scene)
        {
            ValueTask<AdmissionResult> slot = scene.Admission.AdmitAsync(new CallRequest(CallClass.Sync, 0), CancellationToken.None);
            scene.Fleet.SetDesired(Scene.App, 3);
            return await slot;
        }
    }

    [Fact]
    public async Task An_app_that_never_listens_is_killed_at_its_limit_and_started_five_times_at_most()
    {
        await using Scene scene = await Scene.StartAsync(new Dictionary<string, string?> { ["EndedReplicas"] = "50" });
        scene.Mark("silent");
        scene.Deploy(scene.Config(min: 0, coldStart: 0.4, ready: ""));

        scene.Fleet.SetDesired(Scene.App, 10);
        await Scene.Eventually(() => scene.Replicas.CrashLoop && scene.Replicas.Replicas.Count == 5, "the crash loop");
        int[] pids = [.. scene.Replicas.Replicas.Select(r => r.ProcessId!.Value)];
        scene.Fleet.SetDesired(Scene.App, 9);

        Assert.All(pids, pid => Assert.False(Scene.IsAlive(pid)));
        Assert.All(scene.Replicas.Replicas, r => Assert.StartsWith("not ready within 0.4 s: TCP: Connection refused", r.Detail, StringComparison.Ordinal));
        Assert.Equal(0, scene.Admission.Demand.ReadyReplicas);
    }

    [Fact]
    public async Task A_replica_that_hangs_fails_its_health_probes_and_is_replaced()
    {
        await using Scene scene = await Scene.StartAsync(new Dictionary<string, string?> { ["ProbeTimeout"] = "00:00:00.200", ["StopGrace"] = "00:00:00.200" });
        scene.Deploy(scene.Config(health: "/health"));
        await scene.UntilReadyAsync(1);
        ReplicaStatus first = scene.Replicas.Replicas[0];

        ProcessTable.Signal(ProcessTable.Read(first.ProcessId!.Value)!.Value.Identity, Stop);
        await Scene.Eventually(() => scene.In(ReplicaState.Ready) is [var next] && next.Id != first.Id, "another replica");

        Assert.StartsWith("3 health probes in a row failed: no answer from GET /health", Assert.Single(scene.In(ReplicaState.Crashed)).Detail, StringComparison.Ordinal);
        Assert.False(Scene.IsAlive(first.ProcessId.Value));
    }

    [Fact]
    public async Task A_replica_that_is_not_ready_gets_no_calls_and_gets_them_again_when_it_is()
    {
        await using Scene scene = await Scene.StartAsync();
        scene.Deploy(scene.Config());
        await scene.UntilReadyAsync(1);
        int? pid = scene.Replicas.Replicas[0].ProcessId;

        scene.Mark("unready");
        await scene.UntilReadyAsync(0);
        ReplicaStatus away = Assert.Single(scene.In(ReplicaState.NotReady));
        scene.Unmark("unready");
        await scene.UntilReadyAsync(1);

        Assert.Equal("GET /ready: status 503", away.Detail);
        Assert.Equal(pid, Assert.Single(scene.In(ReplicaState.Ready)).ProcessId);
    }

    [Fact]
    public async Task A_replica_that_refused_a_connection_is_asked_at_once_and_back_if_it_is_well()
    {
        await using Scene scene = await Scene.StartAsync(new Dictionary<string, string?> { ["ProbePeriod"] = "00:05:00", ["StartingProbePeriodMax"] = "00:00:00.020" });
        scene.Deploy(scene.Config());
        await scene.UntilReadyAsync(1);
        Replica replica = scene.Admission.Loads[0].Replica;
        var faults = scene.Server.Services.GetRequiredService<IReplicaFaults>();

        scene.Mark("unready");
        faults.Unreachable(replica);
        await Scene.Eventually(() => scene.In(ReplicaState.NotReady).Length == 1, "a probe long before its time");
        Assert.Equal(0, scene.Admission.Demand.ReadyReplicas);
        scene.Unmark("unready");
        await scene.UntilReadyAsync(1);
        for (int i = 0; i < 20; i++)
        {
            faults.Unreachable(replica);
            await scene.WhereAsync();
        }

        await scene.UntilReadyAsync(1);
    }

    [Fact]
    public async Task A_foreign_program_on_the_port_is_not_taken_for_the_replica()
    {
        // The one port that the replica can be given is taken, by this process, after it was chosen and before the replica listens.
        int port = FreePort();
        await using Scene scene = await Scene.StartAsync(new Dictionary<string, string?> { ["FirstPort"] = $"{port}", ["LastPort"] = $"{port}" });
        scene.Mark("silent");
        scene.Deploy(scene.Config(min: 0, ready: ""));
        scene.Fleet.SetDesired(Scene.App, 1);
        await Scene.Eventually(() => scene.In(ReplicaState.Starting) is [{ ProcessId: not null }], "the start");
        using var foreign = new TcpListener(IPAddress.Loopback, port);
        foreign.Start();

        await Scene.Eventually(() => scene.In(ReplicaState.Crashed).Length > 0, "the refusal");

        Assert.Contains(scene.In(ReplicaState.Crashed), r => r.Detail == $"port {port} was taken by another process");
        Assert.Equal(0, scene.Admission.Demand.ReadyReplicas);
    }

    private static int Stop => OperatingSystem.IsMacOS() ? 17 : 19;

    private static int FreePort() => new PortAllocator(10000, 19000, new Random()).Take()!.Value;
}
