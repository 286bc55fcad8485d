using System.Net.WebSockets;
using InterCluster.Core.Admission;
using InterCluster.Core.Replicas;
using Microsoft.AspNetCore.Http;

namespace InterCluster.Api.Tests.Gateway;

/// <summary>Many streams and sockets that say nothing hold their slots and little else, and give everything back.</summary>
public sealed class IdleConnectionTests
{
    private const int OfEach = 150;

    // What the caller, the gateway and the replica keep for one, all in this process.
    private const long MaxManagedBytesEach = 150 * 1024;

    [Fact]
    public async Task Idle_streams_and_sockets_stay_open_cost_little_and_leave_nothing_behind()
    {
        await using TestReplica replica = await TestReplica.StartAsync(async context =>
        {
            if (context.WebSockets.IsWebSocketRequest)
            {
                await Echo.RunAsync(context);
            }
            else if (context.Request.Path == "/events")
            {
                context.Response.ContentType = "text/event-stream";
                await context.Response.Body.FlushAsync();
                TaskCompletionSource gone = Waits.Signal();
                await using CancellationTokenRegistration left = context.RequestAborted.Register(gone.SetResult);
                await gone.Task;
            }
            else
            {
                await context.Response.WriteAsync("quick");
            }
        });
        await using GatewayHost gateway = await GatewayHost.StartAsync();
        IAdmission admission = gateway.Deploy("app", s => s with { ReplicaConcurrency = 1000 });
        Replica entry = gateway.AddReplica("app", replica.Address, concurrency: 1000);
        using HttpClient client = gateway.Client();
        Assert.Equal("quick", await client.GetStringAsync("/v4/p-one/app/f"));
        long before = GC.GetTotalMemory(forceFullCollection: true);

        HttpResponseMessage[] streams = await Task.WhenAll(Enumerable.Range(0, OfEach)
            .Select(_ => client.GetAsync("/v4/p-one/app/events", HttpCompletionOption.ResponseHeadersRead))).Within();
        ClientWebSocket[] sockets = await Task.WhenAll(Enumerable.Range(0, OfEach).Select(_ => gateway.ConnectAsync("app"))).Within();

        Assert.Equal(2 * OfEach, admission.Demand.InFlight);
        Assert.InRange((GC.GetTotalMemory(forceFullCollection: true) - before) / (2 * OfEach), long.MinValue, MaxManagedBytesEach);
        Assert.Equal("quick", await client.GetStringAsync("/v4/p-one/app/f"));
        await Task.WhenAll(sockets.Select(socket => socket.EchoAsync("still here")));

        Array.ForEach(streams, stream => stream.Dispose());
        Array.ForEach(sockets, socket => socket.Dispose());
        await admission.DrainAsync(entry.Id).Within();
        Assert.Equal(0, admission.Demand.InFlight);
    }
}
