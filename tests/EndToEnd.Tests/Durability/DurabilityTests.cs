using System.Globalization;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;
using InterCluster.EndToEnd.Tests.Support;

namespace InterCluster.EndToEnd.Tests.Durability;

/// <summary>The promise of a 202: on disk, and exactly one terminal state, whatever happens to the server.</summary>
public sealed class DurabilityTests(ITestOutputHelper output)
{
    private const int Connections = 64;
    private const int Kills = 5;
    private static readonly int Runs = Size.Of(usual: 10_000, thorough: 100_000);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(Size.Of(usual: 5, thorough: 60));

    [Fact]
    public async Task Runs_of_a_server_that_is_killed_five_times_all_end_and_once()
    {
        long started = TimeProvider.System.GetTimestamp();
        await using Ledger ledger = await Ledger.StartAsync();
        // A lease that fits the test; and no run may use up its worker crashes: what is shown is that each is carried out.
        await using Node node = await Node.StartAsync(
            "InterCluster:Workers:Lease=00:00:05", "InterCluster:Workers:RenewEvery=00:00:01", "InterCluster:Dispatcher:MaxCrashes=10",
            "InterCluster:Stalls:Period=00:00:00.010", "InterCluster:Stalls:Threshold=00:00:01");
        await node.DeployAsync("ledger", $"[intercluster.replicas]\naddresses = [\"{ledger.Address}\"]");
        var submitters = new Submitters(node, Runs);

        Task submitting = submitters.RunAsync(Connections);
        for (int kill = 1; kill <= Kills; kill++)
        {
            await await Task.WhenAny(submitting, submitters.ReachedAsync(Runs * kill / (Kills + 1))).WaitAsync(Limit);
            await AssertNoStallAsync(node);
            await node.KillAsync();
            await node.StartAgainAsync();
        }

        await submitting.WaitAsync(Limit);
        TimeSpan submitted = TimeProvider.System.GetElapsedTime(started);
        await Until.TrueAsync(() => AllEndedAsync(node), Limit, "no run is left");
        await AssertNoStallAsync(node);
        List<RunView> runs = await ListAsync(node);
        IReadOnlyList<Invocation> invocations = ledger.Invocations;
        Report(submitters, runs, invocations, submitted, TimeProvider.System.GetElapsedTime(started));

        Assert.Equal(Runs, submitters.Accepted.Count);
        AssertAccounted(submitters, runs);
        AssertInvoked(runs, invocations);

        await node.KillAsync();
        await node.StartAgainAsync();
        Assert.Equal(runs, await ListAsync(node));
    }

    private static void AssertAccounted(Submitters submitters, List<RunView> runs)
    {
        Assert.All(runs, run => Assert.Equal(RunState.Succeeded, run.State));
        HashSet<string> stored = [.. runs.Select(r => r.RunId)];
        Assert.Equal(runs.Count, stored.Count);
        Assert.Empty(submitters.Accepted.Keys.Except(stored));
        foreach (IGrouping<int, RunView> same in runs.GroupBy(Number))
        {
            // A run that nobody was told of is one whose answer a kill cut off; with a key it is the same run as its repetition.
            int allowed = Submitters.HasKey(same.Key) ? 1 : 1 + submitters.CutOff[same.Key];
            Assert.InRange(same.Count(), 1, allowed);
            Assert.Single(same, run => submitters.Accepted.TryGetValue(run.RunId, out int number) && number == same.Key);
        }
    }

    private static void AssertInvoked(List<RunView> runs, IReadOnlyList<Invocation> invocations)
    {
        HashSet<string> invoked = [.. invocations.Select(i => i.RunId)];
        Assert.Empty(runs.Select(r => r.RunId).Except(invoked));
        Assert.Empty(invoked.Except(runs.Select(r => r.RunId)));
        // Again may be; again under the same number may not.
        Assert.Equal(invocations.Count, invocations.Distinct().Count());
        Dictionary<string, int> attempts = runs.ToDictionary(r => r.RunId, r => r.Attempt);
        Assert.All(invocations, i => Assert.InRange(i.Attempt, 1, attempts[i.RunId]));
    }

    private static async Task AssertNoStallAsync(Node node)
    {
        Assert.True(await node.MetricAsync("intercluster_io_threads") > 0, "The stall detector watches no thread");
        Assert.Equal(0, await node.MetricAsync("intercluster_io_stalls_total") ?? 0);
    }

    private static async Task<bool> AllEndedAsync(Node node) =>
        (await node.GetAsync<FunctionListView>("apps/ledger/functions")).Functions.All(f => f.Scheduled + f.Queued + f.Running == 0);

    private static async Task<List<RunView>> ListAsync(Node node)
    {
        var runs = new List<RunView>();
        string? cursor = "";
        while (cursor is not null)
        {
            RunListView page = await node.GetAsync<RunListView>($"runs?limit=1000{(cursor.Length > 0 ? $"&cursor={cursor}" : "")}");
            runs.AddRange(page.Runs);
            cursor = page.NextCursor;
        }

        return runs;
    }

    private static int Number(RunView run) => int.Parse(run.Path[(run.Path.LastIndexOf('/') + 1)..], CultureInfo.InvariantCulture);

    private void Report(Submitters submitters, List<RunView> runs, IReadOnlyList<Invocation> invocations, TimeSpan submitted, TimeSpan ended)
    {
        int untold = runs.Count(r => !submitters.Accepted.ContainsKey(r.RunId));
        output.WriteLine(
            $"{submitters.Accepted.Count} accepted from {Connections} connections over {Kills} kills; {submitters.CutOff.Sum()} answers cut off, of which {untold} had become runs; "
            + $"{submitters.NotReached} not reached, {submitters.Refused} refused");
        output.WriteLine($"{runs.Count} runs stored: {string.Join(", ", runs.GroupBy(r => r.State).Select(g => $"{g.Count()} {g.Key}"))}");
        output.WriteLine($"{invocations.Count} invocations, {invocations.Count - runs.Count} more than runs; {runs.Count(r => r.Crashes > 0)} runs met a kill in flight");
        output.WriteLine($"submitted after {submitted.TotalSeconds:0.0} s, ended after {ended.TotalSeconds:0.0} s");
    }
}
