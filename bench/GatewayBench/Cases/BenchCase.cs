using InterCluster.Bench.Gateway.Loads;
using InterCluster.Bench.Gateway.Upstream;

namespace InterCluster.Bench.Gateway.Cases;

/// <summary>A load that every contender gets in turn.</summary>
/// <param name="Name">For <c>--only</c>.</param>
/// <param name="Title">For the report.</param>
/// <param name="Unit">What is counted.</param>
/// <param name="Load">The load.</param>
internal sealed record BenchCase(string Name, string Title, string Unit, ILoad Load)
{
    public static readonly BenchCase OneConnection =
        new("json-1", "Small answers, 1 connection", "request", new HttpLoad("/", 1, UpstreamApp.JsonBytes));

    public static readonly BenchCase ManyConnections =
        new("json-32", "Small answers, 32 connections", "request", new HttpLoad("/", 32, UpstreamApp.JsonBytes));

    public static readonly BenchCase Download =
        new("download", "1 MB answers, 8 connections", "request", new HttpLoad("/body", 8, UpstreamApp.BodyBytes));

    public static readonly BenchCase Upload =
        new("upload", "1 MB request bodies, 8 connections", "request", new HttpLoad("/body", 8, UpstreamApp.JsonBytes, "upload", $"{UpstreamApp.BodyBytes}"));

    public static readonly BenchCase Slow =
        new("slow", "An upstream that takes 20 ms, 64 connections", "request", new HttpLoad("/slow?ms=20", 64, UpstreamApp.JsonBytes));

    public static readonly BenchCase WebSocket =
        new("ws-echo", "WebSocket echo of 64 bytes, 64 connections", "message", new WebSocketLoad(64));

    public static readonly BenchCase Routing =
        new("routing", "Small answers from 10 and from 10 000 apps, 32 connections", "request", new RoutedLoad(32, UpstreamApp.JsonBytes));

    /// <summary>The cases that run against the same processes; <see cref="Routing"/> and the idle connections start their own.</summary>
    public static readonly IReadOnlyList<BenchCase> Shared = [OneConnection, ManyConnections, Download, Upload, Slow, WebSocket];
}
