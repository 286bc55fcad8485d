using System.Diagnostics;
using System.Net.Http.Headers;
using InterCluster.Bench.Jobs.Contenders;
using InterCluster.Bench.Jobs.Upstream;

namespace InterCluster.Bench.Jobs.Cases;

/// <summary>
/// Sync calls of an app beside a backlog of its own runs that is being drained. A run takes 200 ms of waiting in a replica that takes 256 calls, so that the slots
/// are the limit and the machine is not.
/// </summary>
/// <param name="Alone">Latencies of the sync calls without a backlog, in milliseconds, in order.</param>
/// <param name="Beside">The same while it drains.</param>
/// <param name="Drained">Runs per second meanwhile.</param>
internal sealed record BesideBacklog(IReadOnlyList<double> Alone, IReadOnlyList<double> Beside, double Drained)
{
    private const int Seconds = 10;
    private const int PerSecond = 200;

    public static async Task<BesideBacklog> MeasureAsync(InterClusterJobs system, UpstreamClient upstream, int backlog, CancellationToken ct)
    {
        await CallsAsync(system, ct);
        var alone = await CallsAsync(system, ct);
        await system.SubmitBatchAsync(backlog, "?ms=200", ct);
        // Until it is under way.
        await Task.Delay(TimeSpan.FromSeconds(3), ct);
        var before = await upstream.CountAsync(ct);
        var clock = Stopwatch.StartNew();
        var beside = await CallsAsync(system, ct);
        var after = await upstream.CountAsync(ct);
        return new BesideBacklog(alone, beside, (after - before - beside.Count) / clock.Elapsed.TotalSeconds);
    }

    // At a fixed rate, whatever the answers take: a slow answer does not thin out the load.
    private static async Task<IReadOnlyList<double>> CallsAsync(InterClusterJobs system, CancellationToken ct)
    {
        var calls = new List<Task<double>>();
        using var ticks = new PeriodicTimer(TimeSpan.FromMilliseconds(1000d / PerSecond));
        for (var i = 0; i < Seconds * PerSecond; i++)
        {
            await ticks.WaitForNextTickAsync(ct);
            calls.Add(CallAsync(system, ct));
        }

        return [.. (await Task.WhenAll(calls)).Order()];
    }

    private static async Task<double> CallAsync(InterClusterJobs system, CancellationToken ct)
    {
        var clock = Stopwatch.StartNew();
        using var body = new StringContent("{}", new MediaTypeHeaderValue("application/json"));
        using var answer = await system.Client.PostAsync(system.Call, body, ct);
        answer.EnsureSuccessStatusCode();
        return clock.Elapsed.TotalMilliseconds;
    }
}
