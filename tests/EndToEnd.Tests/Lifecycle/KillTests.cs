using InterCluster.Core.Replicas;
using InterCluster.EndToEnd.Tests.Support;

namespace InterCluster.EndToEnd.Tests.Lifecycle;

/// <summary>kill -9 while replicas run: they are the server's again, or they are gone.</summary>
public sealed class KillTests
{
    private const int Kills = 3;

    [Fact]
    public async Task Kill_leaves_replicas_that_the_next_start_adopts_or_ends()
    {
        await using Node node = await Node.StartAsync();
        AppFolder folder = node.Folder("app");
        AppFolder other = node.Folder("other");
        await node.DeployAsync("app", folder.Toml("min_replicas = 2\nmax_replicas = 2"));
        await node.DeployAsync("other", other.Toml("max_replicas = 3\nreplica_concurrency = 1\ncooldown = \"1s\""));
        await ReadyAsync(node, 2);
        for (int kill = 0; kill < Kills; kill++)
        {
            // A call in flight is lost with the server, and must not be more than that. On a connection of its own: a client tries again by
            // itself when one that it used before is closed.
            using HttpClient caller = node.NewConnection();
            Task<HttpResponseMessage> lost = caller.GetAsync($"/v4/{Node.Project}/other/hold/lost-{kill}");
            await other.HeldAsync($"lost-{kill}");

            await node.KillAsync();
            await Assert.ThrowsAsync<HttpRequestException>(() => lost);
            other.Free($"lost-{kill}");
            await node.StartAgainAsync();

            // With the key that was issued before the first kill.
            await ReadyAsync(node, 2);
            Assert.Contains((await node.AskAsync("app")).Pid, folder.Processes);
            await Until.TrueAsync(async () => folder.Processes.SetEquals(await PidsAsync(node, "app")), "every process is a replica");
            Assert.Contains((await node.AskAsync("other")).Pid, other.Processes);
        }

        await Until.TrueAsync(() => other.Processes.Count == 0);
        await node.Process.TerminateAsync();
        Assert.Equal(0, await node.Process.ExitAsync(Until.Patience));
        Assert.Empty(folder.Processes);
    }

    [Fact]
    public async Task Kill_while_replicas_start_leaves_no_orphan()
    {
        await using Node node = await Node.StartAsync();
        AppFolder folder = node.Folder("app");
        await node.DeployAsync("app", folder.Toml("min_replicas = 3\nmax_replicas = 3", "START_SECONDS = \"1\""));
        await Until.TrueAsync(() => folder.Starts > 0);

        await node.KillAsync();
        await node.StartAgainAsync();

        await ReadyAsync(node, 3);
        await Until.TrueAsync(async () => folder.Processes.SetEquals(await PidsAsync(node, "app")), "every process is a replica");
    }

    private static Task ReadyAsync(Node node, int count) =>
        Until.TrueAsync(async () => (await node.ReplicasAsync("app")).Replicas.Count(r => r.State == ReplicaState.Ready) == count, $"{count} replicas are ready");

    private static async Task<int[]> PidsAsync(Node node, string app) =>
        [.. (await node.ReplicasAsync(app)).Replicas.Where(r => r.State is not (ReplicaState.Crashed or ReplicaState.Stopped)).Select(r => r.Pid ?? 0)];
}
