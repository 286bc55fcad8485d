using System.Net;
using InterCluster.EndToEnd.Tests.Support;

namespace InterCluster.EndToEnd.Tests.Lifecycle;

/// <summary>The server stops as a supervisor asks it to.</summary>
public sealed class StopTests
{
    [Fact]
    public async Task Sigterm_lets_the_call_in_flight_finish_and_leaves_nothing_behind()
    {
        await using Node node = await Node.StartAsync();
        AppFolder folder = node.Folder("app");
        await node.DeployAsync("app", folder.Toml("min_replicas = 2\nmax_replicas = 2"));
        Task<Who> inFlight = node.AskAsync("app", "hold/stop");
        await folder.HeldAsync("stop");
        await Until.TrueAsync(() => folder.Processes.Count == 2);
        HashSet<int> before = folder.Processes;

        await node.Process.TerminateAsync();
        await Until.TrueAsync(() => IsOffAsync(node), "readiness is off");
        Assert.False(inFlight.IsCompleted);
        folder.Free("stop");

        Assert.Contains((await inFlight).Pid, before);
        Assert.Equal(0, await node.Process.ExitAsync(TimeSpan.FromSeconds(45)));
        Assert.Empty(folder.Processes);

        await node.StartAgainAsync();
        Who after = await node.AskAsync("app");
        Assert.DoesNotContain(after.Pid, before);
        // None was left to be adopted: both are new.
        await Until.TrueAsync(() => folder.Starts == 4);
    }

    [Fact]
    public async Task Sigterm_cuts_a_call_that_outlives_the_grace_and_ends_in_time()
    {
        await using Node node = await Node.StartAsync("InterCluster:Gateway:DrainTimeout=00:00:01", "InterCluster:Replicas:StopGrace=00:00:02");
        AppFolder folder = node.Folder("app");
        await node.DeployAsync("app", folder.Toml("max_replicas = 1"));
        Task<HttpResponseMessage> stuck = node.CallAsync("app", "hold/forever");
        await folder.HeldAsync("forever");

        await node.Process.TerminateAsync();

        Assert.Equal(0, await node.Process.ExitAsync(TimeSpan.FromSeconds(20)));
        Assert.Empty(folder.Processes);
        // Cut, or refused with an error; never a success that the function did not give.
        Exception? cut = await Record.ExceptionAsync(() => stuck);
        Assert.True(cut is HttpRequestException || (int)(await stuck).StatusCode >= 500, cut?.Message);
    }

    /// <summary>503 while it drains; after that the control plane is gone too.</summary>
    private static async Task<bool> IsOffAsync(Node node)
    {
        try
        {
            using HttpResponseMessage answer = await node.Admin.GetAsync("/readyz");
            return answer.StatusCode == HttpStatusCode.ServiceUnavailable;
        }
        catch (HttpRequestException)
        {
            return true;
        }
    }
}
