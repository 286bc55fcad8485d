using System.Diagnostics;
using InterCluster.Core.Replicas;
using InterCluster.Replicas.Processes;
using InterCluster.Replicas.Tests.Support;

namespace InterCluster.Replicas.Tests.Processes;

/// <summary>A server that was killed with -9, and the next one over the same data folder.</summary>
public sealed class KilledServerTests
{
    [Fact]
    public async Task The_next_server_takes_over_what_still_runs_with_its_output()
    {
        await using Scene scene = Scene.Prepare();
        await RunAndKillServerAsync(scene, replicas: 2);
        Dictionary<string, int> survivors = Records(scene).ToDictionary(r => r.Replica, r => r.Pid!.Value);
        Assert.All(survivors.Values, pid => Assert.True(Scene.IsAlive(pid)));

        await scene.Server.StartAsync();
        scene.Deploy(scene.Config(min: 2));
        await scene.UntilReadyAsync(2);

        Assert.Equal(survivors, scene.In(ReplicaState.Ready).ToDictionary(r => r.Id.Value, r => r.ProcessId!.Value));
        Assert.Contains((await scene.WhereAsync()).Pid, survivors.Values);
        await scene.CallAsync<string>("/print/still-here");
        await Scene.Eventually(() => scene.LogAsync().GetAwaiter().GetResult().Exists(l => l is { Stream: "stdout", Text: "still-here" }), "its output");
        await scene.Server.StopAsync();
        Assert.All(survivors.Values, pid => Assert.False(Scene.IsAlive(pid)));
    }

    [Fact]
    public async Task What_is_not_of_the_current_revision_is_stopped()
    {
        await using Scene scene = Scene.Prepare();
        await RunAndKillServerAsync(scene, replicas: 1);
        int survivor = Records(scene).Single().Pid!.Value;

        await scene.Server.StartAsync();
        scene.Deploy(scene.Config(min: 0), number: 2);
        await Scene.Eventually(() => !Scene.IsAlive(survivor), "the end of the survivor");

        await Scene.Eventually(() => Records(scene).Length == 0, "the end of its record");
        Assert.Empty(scene.Replicas.Replicas);
    }

    [Fact]
    public async Task What_belongs_to_no_app_any_more_is_stopped()
    {
        await using Scene scene = Scene.Prepare();
        await RunAndKillServerAsync(scene, replicas: 1);
        int survivor = Records(scene).Single().Pid!.Value;

        await scene.Server.StartAsync();
        await Scene.Eventually(() => !Scene.IsAlive(survivor), "the end of the survivor");

        await Scene.Eventually(() => Records(scene).Length == 0, "the end of its record");
    }

    [Fact]
    public async Task What_a_dead_replica_has_left_is_found_wherever_it_went_and_killed()
    {
        await using Scene scene = Scene.Prepare();
        await RunAndKillServerAsync(scene, replicas: 1, async () =>
        {
            using var client = new HttpClient();
            await client.GetStringAsync($"http://127.0.0.1:{Records(scene).Single().Port}/children");
        });
        ProcessRecord record = Records(scene).Single();
        string marker = ReplicaEnvironment.Marker(record.Id);
        ProcessTable.Signal(record.Process!.Value, Libc.SigKill);
        await Scene.Eventually(() => !Scene.IsAlive(record.Pid!.Value), "the end of the leader");
        IReadOnlyList<ProcessEntry> left = ProcessTable.FindByMarker(marker, out _);
        Assert.Equal(2, left.Count);

        await scene.Server.StartAsync();

        Assert.All(left, p => Assert.False(Scene.IsAlive(p.Identity.Pid)));
        Assert.Empty(Records(scene));
    }

    [Fact]
    public async Task A_process_with_a_reused_number_is_left_alone()
    {
        using Process foreign = Process.Start("sleep", ["300"]);
        try
        {
            await using Scene scene = Scene.Prepare();
            ProcessEntry entry = ProcessTable.Read(foreign.Id)!.Value;
            Write(scene, "earlier", foreign.Id, entry.Identity.StartTime - 1);

            // Even the right start time is not enough without the marker.
            Write(scene, "unmarked", foreign.Id, entry.Identity.StartTime);

            await scene.Server.StartAsync();
            scene.Deploy(scene.Config(min: 0));
            await scene.Server.StopAsync();

            Assert.True(Scene.IsAlive(foreign.Id));
            Assert.Empty(Records(scene));
        }
        finally
        {
            foreign.Kill();
        }
    }

    [Fact]
    public async Task A_signal_for_an_earlier_process_with_the_same_number_reaches_nobody()
    {
        using Process foreign = Process.Start("sleep", ["300"]);
        try
        {
            ProcessIdentity now = ProcessTable.Read(foreign.Id)!.Value.Identity;

            ProcessTable.Signal(now with { StartTime = now.StartTime - 1 }, Libc.SigKill);
            Assert.True(Scene.IsAlive(foreign.Id));

            ProcessTable.Signal(now, Libc.SigKill);
            await foreign.WaitForExitAsync().WaitAsync(Scene.Patience);
        }
        finally
        {
            foreign.Kill();
        }
    }

    [Fact]
    public async Task Two_servers_cannot_share_a_data_folder()
    {
        await using Scene scene = await Scene.StartAsync();
        await using var second = new Server.TestFleet(scene.Data);

        InvalidOperationException refusal = await Assert.ThrowsAsync<InvalidOperationException>(second.StartAsync);

        Assert.Contains("is in use by another server", refusal.Message, StringComparison.Ordinal);
    }

    private static void Write(Scene scene, string replica, int pid, long startTime)
    {
        var folder = new ReplicaFolder(scene.Data, Scene.App, new ReplicaId(replica));
        folder.Create();
        new ProcessRecord
        {
            Replica = replica, Project = Scene.App.Project, App = Scene.App.App, Revision = 1, Port = 1, BootId = ProcessTable.BootId,
            StartedAt = DateTimeOffset.UnixEpoch, Pid = pid, StartTime = startTime,
        }.Save(folder);
    }

    private static ProcessRecord[] Records(Scene scene) =>
        [.. Directory.GetDirectories(Path.Combine(scene.Data, "running"))
            .Select(f => ProcessRecord.Load(Path.Combine(f, "record.json"))).OfType<ProcessRecord>()];

    private static async Task RunAndKillServerAsync(Scene scene, int replicas, Func<Task>? meanwhile = null)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "InterCluster.Replicas.Server"), [scene.Data, scene.Folder, $"{replicas}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        };
        using Process server = Process.Start(start)!;
        try
        {
            Assert.Equal("up", await server.StandardOutput.ReadLineAsync().WaitAsync(Scene.Patience));
            await (meanwhile?.Invoke() ?? Task.CompletedTask);
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync();
        }
    }
}
