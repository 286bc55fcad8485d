using InterCluster.Bench.Jobs.Cases;
using InterCluster.Bench.Jobs.Contenders;
using InterCluster.Bench.Jobs.Report;
using InterCluster.Bench.Jobs.Servers;
using InterCluster.Bench.Jobs.Upstream;

namespace InterCluster.Bench.Jobs;

/// <summary>Runs all contenders in turn and prints what it measured.</summary>
internal static class Benchmark
{
    private const int LatencyRuns = 2000;
    private const int Backlog = 1_000_000;
    private static readonly TimeSpan DrainLimit = TimeSpan.FromMinutes(3);

    public static async Task<int> RunAsync(string[] args)
    {
        if (args.Contains("--help"))
        {
            Console.WriteLine(Settings.Help);
            return 0;
        }

        var settings = Settings.Parse(args);
        var folder = Directory.CreateTempSubdirectory("job-bench-").FullName;
        // The servers' own users pass through it.
        ServerUser.Run("chmod", "755", folder);
        using var stop = new CancellationTokenSource();
        Console.CancelKeyPress += (_, e) =>
        {
            e.Cancel = true;
            stop.Cancel();
        };
        try
        {
            await RunAsync(settings, folder, $"bench/jobs {string.Join(' ', args)}".TrimEnd(), stop.Token);
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task RunAsync(Settings settings, string folder, string command, CancellationToken ct)
    {
        var port = Ports.Free();
        using var upstream = new UpstreamClient(port);
        Environment.SetEnvironmentVariable("JOB_BENCH_UPSTREAM", upstream.Work.ToString());
        await using var upstreamProcess = ManagedProcess.StartSelf(Path.Combine(folder, "upstream.log"), null, "upstream", $"{port}");
        await using var servers = await JobServers.StartAsync(folder, ct);
        await Ports.WaitAsync(port, ct);
        var systems = settings.Contenders.Select(name => Create(name, folder, servers, upstream.Work)).ToList();
        var report = new JobReport(command);
        if (settings.Cases.Contains("jobs"))
        {
            await JobsAsync(systems, servers, upstream, settings, report, ct);
        }

        foreach (var system in systems.OfType<InterClusterJobs>())
        {
            await OursAsync(system, upstream, settings, report, folder, ct);
        }

        Console.WriteLine($"\n{report}");
        if (settings.Output is { } output)
        {
            await File.WriteAllTextAsync(output, report.ToString(), ct);
        }
    }

    private static async Task JobsAsync(List<IJobSystem> systems, JobServers servers, UpstreamClient upstream, Settings settings, JobReport report, CancellationToken ct)
    {
        for (var round = 1; round <= settings.Rounds; round++)
        {
            foreach (var system in systems)
            {
                var sample = await MeasureAsync(system, servers, upstream, settings, ct);
                Console.WriteLine($"round {round} of {settings.Rounds}: {system.Name} submitted {sample.Submitted:N0}/s, drained {sample.Drained:N0}/s");
                report.Add(system.Name, sample);
            }
        }
    }

    private static async Task OursAsync(InterClusterJobs system, UpstreamClient upstream, Settings settings, JobReport report, string folder, CancellationToken ct)
    {
        if (settings.Cases.Contains("latency"))
        {
            report.AddLatencies(system.Name, await WorkingAsync(system, () => Latency.MeasureAsync(system, upstream, LatencyRuns, ct), ct));
        }

        if (settings.Cases.Contains("beside"))
        {
            report.Add(system.Name, await WorkingAsync(system, () => BesideBacklog.MeasureAsync(system, upstream, Backlog, ct), ct));
        }

        if (settings.Cases.Contains("submissions"))
        {
            report.Add(system.Name, await PreparedAsync(system, () => Submissions.MeasureAsync(system, folder, ct), ct));
        }
    }

    private static IJobSystem Create(string name, string folder, JobServers servers, Uri upstream) => name switch
    {
        "intercluster" => new InterClusterJobs(name, Topology.Node, folder, servers, upstream),
        "intercluster-roles" => new InterClusterJobs(name, Topology.Roles, folder, servers, upstream),
        "intercluster-embedded" => new InterClusterJobs(name, Topology.Embedded, folder, servers, upstream),
        "graphile-worker" => Peers.GraphileWorker(folder, servers, upstream),
        "bullmq" => Peers.BullMq(folder, servers, upstream),
        "celery" => Peers.Celery(folder, servers, upstream),
        "hangfire" => Peers.Hangfire(folder, servers),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "no such contender"),
    };

    private static async Task<Sample> MeasureAsync(IJobSystem system, JobServers servers, UpstreamClient upstream, Settings settings, CancellationToken ct)
    {
        var jobs = (int)(settings.Jobs * system.Share);
        try
        {
            await system.PrepareAsync(ct);
            var submitting = await system.SubmitAsync(jobs, settings.Callers, ct);
            servers.Analyze();
            await upstream.ExpectAsync(jobs, keepIds: false, ct);
            await system.WorkAsync(ct);
            return new Sample(jobs / submitting.TotalSeconds, await upstream.DrainedAsync(jobs, DrainLimit, ct));
        }
        finally
        {
            await system.StopAsync();
        }
    }

    private static Task<T> WorkingAsync<T>(InterClusterJobs system, Func<Task<T>> measure, CancellationToken ct) => PreparedAsync(
        system,
        async () =>
        {
            await system.WorkAsync(ct);
            return await measure();
        },
        ct);

    private static async Task<T> PreparedAsync<T>(InterClusterJobs system, Func<Task<T>> measure, CancellationToken ct)
    {
        try
        {
            await system.PrepareAsync(ct);
            return await measure();
        }
        finally
        {
            await system.StopAsync();
        }
    }
}
