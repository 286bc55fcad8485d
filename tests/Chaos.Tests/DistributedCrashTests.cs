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
    [InlineData("gateway-1", FailurePoint.SubmissionWritten)]
    [InlineData("gateway-1", FailurePoint.SubmissionCommitted)]
    [InlineData("gateway-1", FailurePoint.AnnouncementTaken)]
    [InlineData("gateway-1", FailurePoint.AnnouncementPublished)]
    [InlineData("dispatcher", FailurePoint.AnnouncementReceived)]
    [InlineData("dispatcher", FailurePoint.AnnouncementRouted)]
    public async Task A_kill_around_a_message_loses_nothing(string name, FailurePoint point)
    {
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

    [Fact]
    public async Task Without_its_broker_a_cluster_takes_runs_and_carries_them_out()
    {
        IVictim broker = rig.Cluster.Victims.Single(v => v.Name == "broker");
        int[] numbers = [.. Enumerable.Range(0, 20).Select(_ => rig.NextNumber())];

        await broker.KillAsync();
        foreach (int number in numbers)
        {
            Assert.Equal(HttpStatusCode.Accepted, (await rig.SubmitAsync(number))?.Status);
        }

        await broker.StartAgainAsync();
        foreach (int number in numbers)
        {
            (RunView run, Invocation[] calls) = await rig.EndAsync(number);
            Assert.Equal((RunState.Succeeded, 1), (run.State, calls.Length));
        }
    }
}
