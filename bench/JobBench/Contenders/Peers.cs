using InterCluster.Bench.Jobs.Servers;

namespace InterCluster.Bench.Jobs.Contenders;

/// <summary>The peers, each set as its own guide sets it for throughput; what they do per job is the same POST.</summary>
internal static class Peers
{
    private const string Database = "peer";
    private const string Concurrency = "64";
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "peers");

    public static IJobSystem GraphileWorker(string folder, JobServers servers, Uri upstream) => Node(
        "graphile-worker", "graphile.mjs", folder, () => servers.NewDatabase(Database), upstream, servers.PostgresUrl(Database));

    public static IJobSystem BullMq(string folder, JobServers servers, Uri upstream) => Node(
        "bullmq", "bullmq.mjs", folder, () => ServerUser.Run("redis-cli", "-p", $"{servers.RedisPort}", "FLUSHALL"), upstream, $"{servers.RedisPort}");

    public static IJobSystem Celery(string folder, JobServers servers, Uri upstream)
    {
        var environment = new Dictionary<string, string>
        {
            ["BENCH_BROKER"] = servers.AmqpUri,
            ["BENCH_UPSTREAM_PORT"] = $"{upstream.Port}",
            ["PYTHONPATH"] = Path.Combine(Folder, "celery"),
        };
        return new PeerProcesses(
            "celery", 0.1, folder, () => { },
            (jobs, callers) => new Command("/usr/bin/python3", [Path.Combine(Folder, "celery/submit.py"), $"{jobs}", $"{callers}"]) { Environment = environment },
            new Command("/usr/bin/python3", ["-m", "celery", "-A", "calls", "worker", "--concurrency", "4", "--loglevel", "warning", "--without-gossip", "--without-mingle"]) { Environment = environment });
    }

    public static IJobSystem Hangfire(string folder, JobServers servers) => new PeerProcesses(
        "hangfire", 0.1, folder, () => servers.NewDatabase(Database),
        (jobs, callers) => new Command(Environment.ProcessPath!, ["hangfire-submit", $"{jobs}", $"{callers}", servers.Npgsql(Database)]),
        new Command(Environment.ProcessPath!, ["hangfire-work", Concurrency, servers.Npgsql(Database)]));

    private static PeerProcesses Node(string name, string script, string folder, Action prepare, Uri upstream, string address)
    {
        // Run where it is written: bench/jobs installs its packages beside it.
        var path = Path.Combine(Environment.GetEnvironmentVariable("JOB_BENCH_NODE") ?? throw new InvalidOperationException("Start this with bench/jobs."), script);
        return new PeerProcesses(
            name, 1, folder, prepare,
            (jobs, callers) => new Command("node", [path, "submit", $"{jobs}", $"{callers}", address]),
            new Command("node", [path, "work", Concurrency, upstream.ToString(), address]));
    }
}
