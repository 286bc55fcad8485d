using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using InterCluster.Core.Replicas;
using InterCluster.Replicas.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace InterCluster.Replicas.Tests;

public sealed class MetricsTests
{
    [Fact]
    public async Task Starts_readiness_cold_starts_and_crashes_are_counted()
    {
        await using Scene scene = await Scene.StartAsync();
        var sums = new ConcurrentDictionary<string, double>();
        using var listener = new MeterListener();
        IMeterFactory meters = scene.Server.Services.GetRequiredService<IMeterFactory>();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, meters))
            {
                l.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => sums.AddOrUpdate(instrument.Name, value, (_, sum) => sum + value));
        listener.SetMeasurementEventCallback<double>((instrument, _, _, _) => sums.AddOrUpdate(instrument.Name, 1, (_, count) => count + 1));
        listener.Start();

        scene.Deploy(scene.Config());
        await scene.UntilReadyAsync(1);
        ReplicaId first = scene.Replicas.Replicas[0].Id;
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => scene.CallAsync<string>("/exit/1"));
        await Scene.Eventually(() => scene.In(ReplicaState.Ready) is [var next] && next.Id != first, "another replica");
        await scene.UntilReadyAsync(1);

        Assert.Equal((2.0, 2.0, 2.0), (sums["intercluster.replicas.starts"], sums["intercluster.replicas.ready"], sums["intercluster.replicas.cold_start"]));
        Assert.Equal((1.0, 1.0), (sums["intercluster.replicas.crashes"], sums["intercluster.replicas.live"]));
    }
}
