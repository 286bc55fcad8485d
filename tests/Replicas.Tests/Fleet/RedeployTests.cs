using System.Globalization;
using System.Text.RegularExpressions;
using InterCluster.Core.Apps;
using InterCluster.Core.Replicas;
using InterCluster.Replicas.Tests.Support;

namespace InterCluster.Replicas.Tests.Fleet;

/// <summary>A new revision takes over without a failed call, or not at all.</summary>
public sealed partial class RedeployTests
{
    [Fact]
    public async Task Redeploying_under_load_fails_no_call_and_exchanges_every_replica()
    {
        await using Scene scene = await Scene.StartAsync();
        scene.Deploy(scene.Config(min: 2));
        await scene.UntilReadyAsync(2);
        using var stop = new CancellationTokenSource();
        Task<int>[] callers = [.. Enumerable.Range(0, 6).Select(_ => CallUntilAsync(scene, stop.Token))];

        for (int revision = 2; revision <= 4; revision++)
        {
            scene.Deploy(scene.Config(min: 2), revision);
            await Scene.Eventually(
                () => scene.Replicas.Replicas.Count(r => r.State == ReplicaState.Ready && r.Revision == revision) == 2
                    && scene.Replicas.Replicas.All(r => r.Revision == revision || r.State == ReplicaState.Stopped),
                $"revision {revision}");
        }

        await stop.CancelAsync();
        int[] answered = await Task.WhenAll(callers);

        Assert.All(answered, count => Assert.NotEqual(0, count));
        Assert.Empty(scene.In(ReplicaState.Crashed));
    }

    [Fact]
    public async Task A_revision_is_rolled_out_in_five_steps_and_the_old_one_goes_with_the_last()
    {
        await using Scene scene = await Scene.StartAsync();
        scene.Deploy(scene.Config());
        await scene.UntilReadyAsync(1);
        using var stop = new CancellationTokenSource();
        Task<int> caller = CallUntilAsync(scene, stop.Token);

        AppConfig next = scene.Config();
        scene.Deploy(next with { Scaling = next.Scaling with { RollOutDuration = TimeSpan.FromSeconds(2) } }, number: 2);
        await Scene.Eventually(() => scene.Replicas.Replicas.Any(r => r is { Revision: 1, State: ReplicaState.Stopped }), "the old revision goes");
        await stop.CancelAsync();

        Assert.NotEqual(0, await caller);
        Assert.Equal(2, Assert.Single(scene.In(ReplicaState.Ready)).Revision);
        int[] shares = [.. (await scene.LogAsync()).Select(l => Step().Match(l.Text)).Where(m => m.Success).Select(m => int.Parse(m.Groups[1].ValueSpan, CultureInfo.InvariantCulture))];
        // A slow machine may take two steps at once.
        Assert.Equal(20, shares[0]);
        Assert.Equal(shares.Distinct().Order(), shares);
        Assert.All(shares, share => Assert.Contains(share, (int[])[20, 40, 60, 80]));
    }

    [Fact]
    public async Task A_revision_that_never_gets_ready_leaves_the_old_one_serving_and_says_so()
    {
        await using Scene scene = await Scene.StartAsync();
        scene.Deploy(scene.Config());
        await scene.UntilReadyAsync(1);
        int pid = (await scene.WhereAsync()).Pid;

        scene.Mark("crash");
        scene.Deploy(scene.Config(), number: 2);
        await Scene.Eventually(() => scene.Replicas.CrashLoop, "the crash loop");

        Assert.Equal(pid, (await scene.WhereAsync()).Pid);
        Assert.All(scene.In(ReplicaState.Crashed), r => Assert.Equal(2, r.Revision));
        Assert.Contains(await scene.LogAsync(), l => l.Text.Contains("revision 1 goes on serving", StringComparison.Ordinal));

        scene.Unmark("crash");
        scene.Deploy(scene.Config(), number: 3);
        await Scene.Eventually(() => scene.In(ReplicaState.Ready) is [{ Revision: 3 }], "the third revision");
    }

    [Fact]
    public async Task Without_replicas_a_new_revision_starts_nothing_until_there_is_demand()
    {
        await using Scene scene = await Scene.StartAsync();
        scene.Deploy(scene.Config(min: 0));
        scene.Deploy(scene.Config(min: 0), number: 2);
        scene.Deploy(scene.Config(min: 0), number: 3);
        Assert.Empty(scene.Replicas.Replicas);

        scene.Fleet.SetDesired(Scene.App, 1);
        await scene.UntilReadyAsync(1);

        Assert.Equal(3, Assert.Single(scene.Replicas.Replicas).Revision);
    }

    [Fact]
    public async Task Calls_in_flight_in_the_old_revision_finish_before_it_is_stopped()
    {
        await using Scene scene = await Scene.StartAsync();
        scene.Deploy(scene.Config());
        await scene.UntilReadyAsync(1);
        Task<string> inFlight = scene.CallAsync<string>("/slow/1.5");
        await Scene.Eventually(() => scene.Admission.Demand.InFlight == 1, "a call in flight");

        scene.Deploy(scene.Config(), number: 2);
        await Scene.Eventually(() => scene.In(ReplicaState.Draining).Length == 1, "the old one draining");

        Assert.Equal("slow", await inFlight);
        await Scene.Eventually(() => scene.In(ReplicaState.Stopped) is [{ Revision: 1 }], "the end of the old one");
    }

    private static async Task<int> CallUntilAsync(Scene scene, CancellationToken stop)
    {
        int calls = 0;
        while (!stop.IsCancellationRequested)
        {
            Assert.NotEqual(0, (await scene.WhereAsync()).Pid);
            calls++;
        }

        return calls;
    }

    [GeneratedRegex("^revision 2: ([0-9]+) % of the calls$")]
    private static partial Regex Step();
}
