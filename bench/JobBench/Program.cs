using InterCluster.Bench.Jobs;
using InterCluster.Bench.Jobs.Contenders;
using InterCluster.Bench.Jobs.Upstream;

// One executable, several processes: the benchmark starts itself again as the upstream and as Hangfire.
return args switch
{
    ["upstream", var port] => await UpstreamApp.RunAsync(int.Parse(port)),
    ["hangfire-submit", var jobs, var callers, var database] => HangfireApp.Submit(int.Parse(jobs), int.Parse(callers), database),
    ["hangfire-work", var workers, var database] => await HangfireApp.WorkAsync(int.Parse(workers), database),
    _ => await Benchmark.RunAsync(args),
};
