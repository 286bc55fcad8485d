using System.Diagnostics;
using InterCluster.Bench.Jobs.Contenders;
using InterCluster.Bench.Jobs.Upstream;

namespace InterCluster.Bench.Jobs.Cases;

/// <summary>How long after its 202 a run's function starts, at 100 runs a second. Both ends read the same clock: CLOCK_MONOTONIC.</summary>
internal static class Latency
{
    private const int PerSecond = 100;
    private const int Warm = 1000;

    public static async Task<IReadOnlyList<double>> MeasureAsync(InterClusterJobs system, UpstreamClient upstream, int runs, CancellationToken ct)
    {
        // The first ten seconds warm up and are not counted.
        var accepted = new Dictionary<string, long>();
        await upstream.ExpectAsync(runs, keepIds: true, ct);
        var submissions = new List<Task>();
        using var ticks = new PeriodicTimer(TimeSpan.FromMilliseconds(1000d / PerSecond));
        for (var i = 0; i < runs; i++)
        {
            await ticks.WaitForNextTickAsync(ct);
            submissions.Add(SubmitAsync(i));
        }

        await Task.WhenAll(submissions);
        _ = await upstream.DrainedAsync(runs, TimeSpan.FromSeconds(60), ct);
        var arrivals = await upstream.ArrivalsAsync(ct);
        return [.. accepted.Select(run => Math.Max(0, Stopwatch.GetElapsedTime(run.Value, arrivals[run.Key]).TotalMilliseconds)).Order()];

        async Task SubmitAsync(int i)
        {
            var id = await system.SubmitOneAsync(i, ct);
            var now = Stopwatch.GetTimestamp();
            lock (accepted)
            {
                if (i >= Warm)
                {
                    accepted.Add(id, now);
                }
            }
        }
    }
}
