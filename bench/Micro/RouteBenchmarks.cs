using BenchmarkDotNet.Attributes;
using InterCluster.Api.Routing;
using InterCluster.Core.Admission;
using InterCluster.Core.Apps;
using InterCluster.Core.Naming;
using InterCluster.Core.Routing;

namespace InterCluster.Bench.Micro;

/// <summary>A target cut and its route found, among ten apps and among ten thousand; against the plain way, which splits the path and asks by a new text.</summary>
[MemoryDiagnoser]
public class RouteBenchmarks
{
    private readonly Dictionary<string, AppId> _plain = new(StringComparer.Ordinal);
    private RouteTable _table = null!;
    private string _target = null!;

    [Params(10, 10_000)]
    public int Apps { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var catalog = new AppCatalog();
        for (int i = 0; i < Apps; i++)
        {
            var app = new AppId("p-bench", $"app-{i}");
            catalog.Put(new Revision(app, 1, new AppConfig { Name = app.App, Runtime = new RuntimeConfig() }, DateTimeOffset.UnixEpoch, "bench"));
            _plain[app.ToString()] = app;
        }

        _table = new RouteTable(catalog, new AdmissionDirectory(TimeProvider.System, new Random(1)));
        _target = $"/v4/p-bench/app-{Apps / 2}/paint/it?shapes=250";
    }

    [Benchmark(Baseline = true)]
    public bool Split()
    {
        string[] parts = _target.Split('/');
        return _plain.TryGetValue($"{parts[2]}/{parts[3]}", out _);
    }

    [Benchmark]
    public bool Route() => _table.TryFind(RequestTarget.ParsePath(_target).Key, out _);
}
