using InterCluster.Bench.Gateway;
using InterCluster.Bench.Gateway.Contenders;
using InterCluster.Bench.Gateway.Loads;
using InterCluster.Bench.Gateway.Upstream;

// One executable, several processes: the benchmark starts itself again as upstream, as bare YARP and as load generator.
return args switch
{
    ["upstream", var port] => await UpstreamApp.RunAsync(int.Parse(port)),
    ["yarp", var port, var upstream, var apps, var mode] => await YarpApp.RunAsync(int.Parse(port), upstream, int.Parse(apps), mode == "inline"),
    ["ws-echo", var url, var connections, var seconds, .. var headers] =>
        await WebSocketEcho.RunAsync(new Uri(url), headers, int.Parse(connections), TimeSpan.FromSeconds(int.Parse(seconds))),
    ["ws-idle", var url, var connections, .. var headers] => await WebSocketIdle.RunAsync(new Uri(url), headers, int.Parse(connections)),
    _ => await Benchmark.RunAsync(args),
};
