using InterCluster.Bench.Gateway.Cases;
using InterCluster.Bench.Gateway.Contenders;

namespace InterCluster.Bench.Gateway.Report;

/// <summary>What the project promises to reach, as a bound on a figure of the results.</summary>
internal sealed record Goal(string Text, Func<BenchResults, double?> Figure, double? AtMost = null, double? AtLeast = null)
{
    public const int FewApps = 10;
    public const int ManyApps = 10_000;

    private const string Ours = Names.InterCluster;

    public static readonly IReadOnlyList<Goal> All =
    [
        new("CPU per request, 32 connections: ≤ 0.80 × bare YARP", r => r.Ratio(BenchCase.ManyConnections, Ours, Names.Yarp, s => s.CpuMicros), AtMost: 0.80),
        new("the aim: ≤ 0.65 × bare YARP", r => r.Ratio(BenchCase.ManyConnections, Ours, Names.Yarp, s => s.CpuMicros), AtMost: 0.65),
        new("the aim: ≤ 1.4 × nginx", r => r.Ratio(BenchCase.ManyConnections, Ours, Names.Nginx, s => s.CpuMicros), AtMost: 1.4),
        new("p99, 32 connections: ≤ 1 × bare YARP", r => r.Ratio(BenchCase.ManyConnections, Ours, Names.Yarp, s => s.P99), AtMost: 1),
        new("added to a direct call, 1 connection, p50: ≤ 0.3 ms", r => r.Difference(BenchCase.OneConnection, Ours, Names.Direct, s => s.P50), AtMost: 0.3),
        new("added to a direct call, 1 connection, p99: ≤ 1 ms", r => r.Difference(BenchCase.OneConnection, Ours, Names.Direct, s => s.P99), AtMost: 1),
        new("1 MB answers per second: ≥ 1.2 × bare YARP", r => r.Ratio(BenchCase.Download, Ours, Names.Yarp, s => s.PerSecond), AtLeast: 1.2),
        new("1 MB request bodies per second: ≥ 1.2 × bare YARP", r => r.Ratio(BenchCase.Upload, Ours, Names.Yarp, s => s.PerSecond), AtLeast: 1.2),
        new("CPU per request, 10 000 apps: ≤ 1.05 × 10 apps",
            r => r.Ratio(BenchCase.Routing, Names.WithApps(Ours, ManyApps), Names.WithApps(Ours, FewApps), s => s.CpuMicros), AtMost: 1.05),
        new("CPU per WebSocket message: ≤ 0.55 × bare YARP", r => r.Ratio(BenchCase.WebSocket, Ours, Names.Yarp, s => s.CpuMicros), AtMost: 0.55),
        new("memory of an idle WebSocket: ≤ 30 KB", r => r.IdleBytes.TryGetValue(Ours, out var bytes) ? bytes / 1024 : null, AtMost: 30),
    ];

    /// <summary>Null when the figure was not measured.</summary>
    public bool? IsMet(double? figure) => figure is not { } value ? null : value <= (AtMost ?? double.MaxValue) && value >= (AtLeast ?? double.MinValue);
}
