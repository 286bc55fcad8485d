using System.Net;
using System.Net.Http.Json;
using InterCluster.Core.Wire;
using InterCluster.EndToEnd.Tests.Support;

namespace InterCluster.EndToEnd.Tests.Deploys;

/// <summary>A new revision and a delete, while calls come in.</summary>
public sealed class RedeployTests(ITestOutputHelper output)
{
    private const string Scaling = "min_replicas = 1\nmax_replicas = 2\nreplica_concurrency = 8";

    [Fact]
    public async Task Redeploy_under_load_fails_no_call()
    {
        const int Callers = 12;
        int revisions = Size.Of(usual: 8, thorough: 100);
        await using Node node = await Node.StartAsync();
        AppFolder folder = node.Folder("app");
        await node.DeployAsync("app", folder.Toml(Scaling, "VERSION = \"1\""));
        using var stop = new CancellationTokenSource();
        Task<int>[] callers = [.. Enumerable.Range(0, Callers).Select(_ => CallOnAsync(node, stop.Token))];

        for (int revision = 2; revision <= revisions; revision++)
        {
            await node.DeployAsync("app", folder.Toml(Scaling, $"VERSION = \"{revision}\""));
            string version = $"{revision}";
            await Until.TrueAsync(async () => (await node.AskAsync("app")).Version == version, $"revision {version} answers");
        }

        await stop.CancelAsync();
        int calls = (await Task.WhenAll(callers)).Sum();
        output.WriteLine($"{calls} calls over {revisions - 1} redeploys, none failed");
        Assert.True(calls > Callers * revisions, $"only {calls} calls");
        // What the old revisions ran on goes, once its calls have ended.
        await Until.TrueAsync(() => folder.Processes.Count <= 2);
    }

    [Fact]
    public async Task Delete_refuses_new_calls_and_lets_those_in_flight_finish()
    {
        await using Node node = await Node.StartAsync("InterCluster:Control:DeleteWait=00:00:00.2");
        AppFolder folder = node.Folder("app");
        await node.DeployAsync("app", folder.Toml(Scaling));
        Task<Who> inFlight = node.AskAsync("app", "hold/delete");
        await folder.HeldAsync("delete");

        using HttpResponseMessage deleted = await node.Admin.DeleteAsync($"/api/v1/projects/{Node.Project}/apps/app");
        using HttpResponseMessage late = await node.CallAsync("app", "who");
        Assert.Equal(HttpStatusCode.Accepted, deleted.StatusCode);
        Assert.False((await deleted.Content.ReadFromJsonAsync<AppDeletedView>(WireJson.Options))!.Drained);
        Assert.Equal(HttpStatusCode.NotFound, late.StatusCode);
        Assert.False(inFlight.IsCompleted);

        folder.Free("delete");
        Assert.NotEqual(0, (await inFlight).Pid);
        await Until.TrueAsync(() => folder.Processes.Count == 0);
    }

    /// <summary>Calls until told to stop; each must succeed.</summary>
    private static async Task<int> CallOnAsync(Node node, CancellationToken stop)
    {
        int calls = 0;
        while (!stop.IsCancellationRequested)
        {
            await node.AskAsync("app", "work/0.005");
            calls++;
        }

        return calls;
    }
}
