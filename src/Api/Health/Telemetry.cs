using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace InterCluster.Api.Health;

/// <summary>What <c>/metrics</c> shows: our own meter, the runtime's and Kestrel's.</summary>
internal static class Telemetry
{
    public const string Meter = "InterCluster";

    // From the 0.1 ms that a gateway adds up to the 12 hours that a run may take.
    private static readonly double[] Seconds =
    [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 43200,
    ];

    public static void AddPrometheus(IServiceCollection services) =>
        services.AddOpenTelemetry().ConfigureResource(resource => resource.Clear().AddService("intercluster", autoGenerateServiceInstanceId: false)).WithMetrics(metrics => metrics
            .AddMeter(Meter, "System.Runtime", "Microsoft.AspNetCore.Server.Kestrel")
            .AddView(BucketsOf)
            .AddPrometheusExporter(options => options.ScrapeResponseCacheDurationMilliseconds = 1000));

    private static ExplicitBucketHistogramConfiguration? BucketsOf(Instrument instrument) =>
        instrument is Histogram<double> { Unit: "s" } && instrument.Meter.Name == Meter
            ? new ExplicitBucketHistogramConfiguration { Boundaries = Seconds }
            : null;
}
