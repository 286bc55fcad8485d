using InterCluster.Core.Messages;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Distributed.Tests.Support;
using InterCluster.Testing.Machines;
using InterCluster.Testing.RabbitMq;
using InterCluster.Workers.Tests.Harness;
using Microsoft.AspNetCore.Http;

namespace InterCluster.Distributed.Tests;

/// <summary>The broker as a container, whatever the other tests run on: a run passes it, and it can be killed and comes back on its ports.</summary>
public sealed class ContainerBrokerTests : IAsyncLifetime
{
    private static readonly string Work = FunctionQueueName.Of(new FunctionId(new AppId(TestServer.Project, "app"), "work"));
    private readonly RabbitMqServer _broker = RabbitMqServer.InContainer();
    private Function _function = null!;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(await DockerEngine.IsThereAsync(), "No engine for containers answers here.");
        _function = await Function.StartAsync((context, _) => context.Response.WriteAsync("done"));
    }

    public async ValueTask DisposeAsync()
    {
        await (_function?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _broker.DisposeAsync();
    }

    [Fact]
    public async Task A_run_passes_the_broker_which_is_killed_and_comes_back()
    {
        await using RabbitMqVirtualHost host = await _broker.NewVirtualHostAsync();
        Uri address = host.Address;
        await using TestServer server = await TestServer.StartAsync(address);
        await server.DeployAsync("app", _function.Address);

        Assert.Equal(RunState.Succeeded, (await server.EndAsync(await server.SubmitAsync("app"))).State);
        await Until.TrueAsync(async () => await host.QueueAsync(Work) is not null, "the function has its queue on the broker");
        await _broker.KillAsync();
        Assert.Equal(RunState.Succeeded, (await server.EndAsync(await server.SubmitAsync("app"))).State);
        await _broker.StartAgainAsync();

        Assert.Equal(address, host.Address);
        await Until.TrueAsync(() => Task.FromResult(server.Metric("intercluster.bus.reachable") == 1), "the bus is reached again");
    }
}
