using System.Net;
using InterCluster.Chaos.Harness.Histories;
using InterCluster.Chaos.Harness.Machines;
using InterCluster.Core.Failures;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;

namespace InterCluster.Chaos.Tests;

/// <summary>The rows of the crash matrix that need a broker and a database, and what happens while one of them is away.</summary>
public sealed class DistributedCrashTests(DistributedRig rig) : IClassFixture<DistributedRig>
{
    [Theory]
    [InlineData("gateway", FailurePoint.SubmissionWritten)]
    [InlineData("gateway", FailurePoint.SubmissionCommitted)]
    [InlineData("gateway", FailurePoint.AnnouncementTaken)]
    [InlineData("gateway", FailurePoint.AnnouncementPublished)]
    [InlineData("dispatcher", FailurePoint.AnnouncementReceived)]
    [InlineData("dispatcher", FailurePoint.AnnouncementRouted)]
    public async Task A_kill_around_a_message_loses_nothing(string name, FailurePoint point)
    {
        await QueueStandsAsync();
        int number = rig.NextNumber();
        Member victim = rig.Cluster.Members.Single(m => m.Name == name);
        await CrashRig.ArmAsync(victim, $"{point}=kill@1");
        (HttpStatusCode Status, string? Run)? answer = await rig.SubmitAsync(number);
        await CrashRig.ReviveAsync(victim);

        Assert.Equal(point == FailurePoint.SubmissionWritten ? 0 : 1, (await rig.StoredAsync(number)).Count);
        string repeated = (await rig.SubmitAsync(number))!.Value.Run!;
        (RunView run, Invocation[] calls) = await rig.EndAsync(number);
        Assert.Equal((RunState.Succeeded, repeated), (run.State, run.RunId));
        Assert.Equal(answer?.Run ?? repeated, repeated);
        Assert.InRange(calls.Length, 1, 2);
        Assert.Equal(calls[^1].Serial, await rig.ResultAsync(run.RunId));
    }

    /// <summary>D11: a worker that wakes up after its lease has the answer of its call in hand, and may not store it.</summary>
    [Fact]
    public async Task A_worker_that_was_stopped_past_its_lease_changes_nothing()
    {
        int number = rig.NextNumber();
        Member zombie = rig.Cluster.Members.Single(m => m.Name == "worker-1");
        Member other = rig.Cluster.Members.Single(m => m.Name == "worker-2");
        // A slot for each attempt: the call of the first goes on in the gateway, which knows nothing of the worker's sleep.
        await rig.Cluster.DeployAsync(rig.Ledger.Address, concurrency: 2);
        await CrashRig.ArmAsync(zombie, "");
        await CrashRig.ArmAsync(other, $"{FailurePoint.RunsOffered}=hang");
        await rig.Ledger.HoldAsync();
        string id = (await rig.SubmitAsync(number))!.Value.Run!;
        await AttemptBegunAsync(id, 1);
        await CrashRig.ArmAsync(other, "");

        zombie.Pause();
        await AttemptBegunAsync(id, 2);
        await rig.Ledger.FreeAsync(attempts: 1);
        zombie.Resume();
        await Until.TrueAsync(
            async () => await rig.Cluster.MetricAsync(zombie, "worker_stale_settlements") + await rig.Cluster.MetricAsync(zombie, "worker_aborted") > 0
                || (await rig.StoredAsync(number)).Any(r => r.State != RunState.Running),
            "the worker notices that its lease is gone, or settles the run all the same");

        Assert.Equal((RunState.Running, 2), Assert.Single(await rig.StoredAsync(number)) is var open ? (open.State, open.Attempt) : default);
        await rig.Ledger.FreeAsync();
        (RunView run, Invocation[] calls) = await rig.EndAsync(number);
        Assert.Equal((RunState.Succeeded, 2, 1), (run.State, run.Attempt, run.Crashes));
        Assert.Equal([1, 2], calls.Select(c => c.Attempt));
        Assert.Equal(calls[1].Serial, await rig.ResultAsync(id));
        await rig.Cluster.DeployAsync(rig.Ledger.Address, concurrency: 1);
    }

    [Fact]
    public async Task Without_its_database_a_server_refuses_runs_and_serves_calls()
    {
        int number = rig.NextNumber();
        Assert.Equal(HttpStatusCode.OK, await rig.CallAsync());
        IVictim database = rig.Cluster.Victims.Single(v => v.Name == "database");
        var answers = new List<HttpStatusCode?>();
        var calls = new List<HttpStatusCode?>();

        await database.KillAsync();
        for (int i = 0; i < 5; i++)
        {
            answers.Add((await rig.SubmitAsync(number))?.Status);
            calls.Add(await rig.CallAsync());
        }

        await database.StartAgainAsync();
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.ServiceUnavailable, answer));
        Assert.All(calls, call => Assert.Equal(HttpStatusCode.OK, call));
        await Until.TrueAsync(async () => (await rig.SubmitAsync(number))?.Status == HttpStatusCode.Accepted, TimeSpan.FromSeconds(10), "runs are taken again");
        Assert.Equal(RunState.Succeeded, (await rig.EndAsync(number)).Run.State);
    }

    // Before the function has its queue a message for it is not routed: its workers look into the store instead.
    private async Task QueueStandsAsync()
    {
        int first = rig.NextNumber();
        Assert.NotNull(await rig.SubmitAsync(first));
        await rig.EndAsync(first);
        Member[] workers = [.. rig.Cluster.Members.Where(m => m.Name.StartsWith("worker", StringComparison.Ordinal))];
        await Until.TrueAsync(
            async () =>
            {
                double[] queues = await Task.WhenAll(workers.Select(w => rig.Cluster.MetricAsync(w, "worker_queues{")));
                return queues.Sum() > 0;
            },
            "a worker is connected to the function's queue");
    }

    private Task AttemptBegunAsync(string run, int attempt) => Until.TrueAsync(
        () => Task.FromResult(rig.Ledger.Invocations.Any(i => i.RunId == run && i.Attempt == attempt)), $"attempt {attempt} begins");
}
