using System.Net;
using System.Net.Sockets;
using InterCluster.Core.Apps;
using InterCluster.Core.Replicas;
using InterCluster.Replicas.Processes;
using InterCluster.Replicas.Tests.Support;

namespace InterCluster.Replicas.Tests.Static;

/// <summary>Apps that run elsewhere: each address is a replica.</summary>
public sealed class StaticReplicaTests
{
    [Fact]
    public async Task Each_address_that_answers_is_ready_whatever_is_desired_and_the_others_are_waited_for()
    {
        using var first = new TcpListener(IPAddress.Loopback, 0);
        first.Start();
        int late = FreePort();
        await using Scene scene = await Scene.StartAsync();

        scene.Deploy(Config($"http://{first.LocalEndpoint}", $"http://127.0.0.1:{late}"));
        scene.Fleet.SetDesired(Scene.App, 0);
        await scene.UntilReadyAsync(1);
        await Scene.Eventually(() => scene.In(ReplicaState.Starting) is [{ Detail: not null }], "a probe that failed");
        using var second = new TcpListener(IPAddress.Loopback, late);
        second.Start();
        await scene.UntilReadyAsync(2);

        Assert.Equal(2, scene.Replicas.Replicas.Count);
        Assert.Null(scene.Replicas.Replicas[0].ProcessId);
    }

    [Fact]
    public async Task An_address_that_stops_answering_gets_no_calls_until_it_answers_again()
    {
        int port = FreePort();
        using var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        await using Scene scene = await Scene.StartAsync();
        scene.Deploy(Config($"http://127.0.0.1:{port}"));
        await scene.UntilReadyAsync(1);
        ReplicaId id = scene.Replicas.Replicas[0].Id;

        listener.Stop();
        await scene.UntilReadyAsync(0);
        listener.Start();
        await scene.UntilReadyAsync(1);

        Assert.Equal(id, Assert.Single(scene.Replicas.Replicas).Id);
    }

    [Fact]
    public async Task A_redeploy_with_the_same_addresses_keeps_the_replicas_and_their_limit()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using Scene scene = await Scene.StartAsync();
        scene.Deploy(Config($"http://{listener.LocalEndpoint}"));
        await scene.UntilReadyAsync(1);
        ReplicaId id = scene.Replicas.Replicas[0].Id;

        scene.Deploy(Config($"http://{listener.LocalEndpoint}"), number: 2);
        await Scene.Eventually(() => scene.Replicas.Replicas is [{ Revision: 2 }], "the second revision");

        Assert.Equal(id, Assert.Single(scene.Admission.Loads).Replica.Id);
    }

    [Fact]
    public async Task A_redeploy_with_other_addresses_exchanges_the_replicas()
    {
        using var first = new TcpListener(IPAddress.Loopback, 0);
        using var second = new TcpListener(IPAddress.Loopback, 0);
        first.Start();
        second.Start();
        await using Scene scene = await Scene.StartAsync();
        scene.Deploy(Config($"http://{first.LocalEndpoint}"));
        await scene.UntilReadyAsync(1);

        scene.Deploy(Config($"http://{second.LocalEndpoint}"), number: 2);
        await Scene.Eventually(() => scene.Admission.Loads is [{ Replica.Revision: 2 }], "the second revision");

        Assert.Equal($"http://{second.LocalEndpoint}", scene.Admission.Loads[0].Replica.Address);
    }

    private static int FreePort() => new PortAllocator(10000, 19000, new Random()).Take()!.Value;

    private static AppConfig Config(params string[] addresses) => new()
    {
        Name = Scene.App.App,
        Runtime = new RuntimeConfig { Addresses = addresses },
    };
}
