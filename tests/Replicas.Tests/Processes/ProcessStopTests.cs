using InterCluster.Core.Admission;
using InterCluster.Core.Replicas;
using InterCluster.Replicas.Tests.Support;

namespace InterCluster.Replicas.Tests.Processes;

/// <summary>How a replica ends: with all that it has started, and with nobody's call cut before its time.</summary>
public sealed class ProcessStopTests
{
    [Fact]
    public async Task Scaling_to_zero_ends_the_whole_group_and_what_has_left_it()
    {
        await using Scene scene = await Scene.StartAsync();
        scene.Deploy(scene.Config(min: 0));
        scene.Fleet.SetDesired(Scene.App, 1);
        await scene.UntilReadyAsync(1);
        int[] children = await scene.CallAsync<int[]>("/children");
        int leader = scene.Replicas.Replicas[0].ProcessId!.Value;
        Assert.All(children, pid => Assert.True(Scene.IsAlive(pid)));

        scene.Fleet.SetDesired(Scene.App, 0);
        await Scene.Eventually(() => scene.In(ReplicaState.Stopped).Length == 1, "the end of the replica");

        Assert.All([leader, .. children], pid => Assert.False(Scene.IsAlive(pid)));
        Assert.Empty(scene.Admission.Loads);
        Assert.Empty(Directory.GetDirectories(Path.Combine(scene.Data, "running")));
        Assert.Equal("killed by signal 15 (SIGTERM)", scene.Replicas.Replicas[0].Detail);
    }

    [Fact]
    public async Task A_replica_that_ignores_the_request_is_killed_after_the_grace()
    {
        await using Scene scene = await Scene.StartAsync(new Dictionary<string, string?> { ["StopGrace"] = "00:00:00.300" });
        scene.Mark("deaf");
        scene.Deploy(scene.Config(min: 0));
        scene.Fleet.SetDesired(Scene.App, 1);
        await scene.UntilReadyAsync(1);

        scene.Fleet.SetDesired(Scene.App, 0);
        await Scene.Eventually(() => scene.In(ReplicaState.Stopped).Length == 1, "the end of the replica");

        Assert.Equal("killed by signal 9 (SIGKILL)", scene.Replicas.Replicas[0].Detail);
    }

    [Fact]
    public async Task Deleting_an_app_lets_calls_in_flight_finish_refuses_new_ones_and_leaves_nothing()
    {
        await using Scene scene = await Scene.StartAsync();
        scene.Deploy(scene.Config());
        await scene.UntilReadyAsync(1);
        IAdmission admission = scene.Admission;
        ReplicaStatus replica = scene.Replicas.Replicas[0];
        Task<string> inFlight = scene.CallAsync<string>("/slow/1");
        await Scene.Eventually(() => admission.Demand.InFlight == 1, "a call in flight");

        scene.Server.Catalog.Remove(Scene.App);
        AdmissionResult refused = await admission.AdmitAsync(new CallRequest(CallClass.Sync, 0), CancellationToken.None);
        Assert.Equal(Refusal.Draining, refused.Refusal);
        Assert.True(Scene.IsAlive(replica.ProcessId!.Value));
        await scene.Fleet.DrainAsync(Scene.App, CancellationToken.None).WaitAsync(Scene.Patience);

        Assert.Equal("slow", await inFlight);
        Assert.False(Scene.IsAlive(replica.ProcessId!.Value));
        Assert.Null(scene.Fleet.Describe(Scene.App));
        await Scene.Eventually(() => !Directory.Exists(Path.Combine(scene.Data, "apps", "p-test", "app")), "the end of the app's folder");
        Assert.Empty(await scene.LogAsync());
    }

    [Fact]
    public async Task A_stopping_server_leaves_no_process_behind()
    {
        await using Scene scene = await Scene.StartAsync();
        scene.Deploy(scene.Config(min: 3));
        await scene.UntilReadyAsync(3);
        int[] children = await scene.CallAsync<int[]>("/children");
        int[] leaders = [.. scene.Replicas.Replicas.Select(r => r.ProcessId!.Value)];

        await scene.Server.StopAsync();

        Assert.Equal(3, leaders.Distinct().Count());
        Assert.All([.. leaders, .. children], pid => Assert.False(Scene.IsAlive(pid)));
        Assert.Empty(Directory.GetDirectories(Path.Combine(scene.Data, "running")));
    }

    [Fact]
    public async Task Scaling_down_takes_the_idle_replica_and_spares_the_busy_one()
    {
        await using Scene scene = await Scene.StartAsync();
        scene.Deploy(scene.Config(min: 0, concurrency: 1));
        scene.Fleet.SetDesired(Scene.App, 2);
        await scene.UntilReadyAsync(2);
        AdmissionResult held = await scene.Admission.AdmitAsync(new CallRequest(CallClass.Sync, 0), CancellationToken.None);

        scene.Fleet.SetDesired(Scene.App, 1);
        await Scene.Eventually(() => scene.In(ReplicaState.Stopped).Length == 1, "the end of one replica");

        Assert.Equal(held.Slot.Replica.Id, Assert.Single(scene.In(ReplicaState.Ready)).Id);
        held.Slot.Release();
    }

    [Fact]
    public async Task The_connections_to_a_replica_are_disposed_when_it_is_gone()
    {
        await using Scene scene = await Scene.StartAsync();
        scene.Deploy(scene.Config(min: 0));
        scene.Fleet.SetDesired(Scene.App, 1);
        await scene.UntilReadyAsync(1);
        var transport = new Transport();
        scene.Admission.Loads[0].Replica.SetTransport(transport);

        scene.Fleet.SetDesired(Scene.App, 0);

        await transport.Disposed.Task.WaitAsync(Scene.Patience);
    }

    private sealed class Transport : IDisposable
    {
        public TaskCompletionSource Disposed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Dispose() => Disposed.TrySetResult();
    }
}
