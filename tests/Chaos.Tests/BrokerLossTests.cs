using System.Net;
using InterCluster.Chaos.Harness.Histories;
using InterCluster.Chaos.Harness.Machines;
using InterCluster.Core.Runs;
using InterCluster.Core.Wire;

namespace InterCluster.Chaos.Tests;

/// <summary>kill -9 of the broker. A cluster of its own: RabbitMQ 3.10 may lose a queue that is seconds old then (docs/decisions/0008), which no other test is about.</summary>
public sealed class BrokerLossTests(DistributedRig rig) : IClassFixture<DistributedRig>
{
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
