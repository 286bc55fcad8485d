using InterCluster.Core.Apps;
using InterCluster.Core.Signals;
using InterCluster.Replicas.Providers;

namespace InterCluster.Replicas.Probing;

/// <summary>Asks one replica how it is: often while it starts, now and then while it serves. Ends when the replica is to go or has ended.</summary>
/// <param name="prober">Asks.</param>
/// <param name="options">How often.</param>
/// <param name="time">The clock.</param>
/// <param name="config">What to ask, and how long a start may take.</param>
/// <param name="handle">The replica.</param>
/// <param name="runsElsewhere">True when its start and its health are its owner's matter.</param>
/// <param name="suspected">Set to have a serving replica asked at once.</param>
/// <param name="over">Cancelled when the replica is to go or has ended.</param>
internal sealed class ReplicaWatch(
    IProber prober, ReplicasOptions options, TimeProvider time, AppConfig config, IReplicaHandle handle, bool runsElsewhere, Signal suspected,
    CancellationToken over)
{
    private const double Slower = 1.25;

    private readonly RuntimeConfig _runtime = config.Runtime;
    private readonly TimeSpan _quick = Min(options.ProbePeriod, options.StartingProbePeriodMax);

    /// <summary>Waits for the first good answer. Returns null, or why the replica is given up; what failed meanwhile is told to <paramref name="notYet"/>.</summary>
    public async Task<string?> UntilReadyAsync(Action<string?> notYet)
    {
        TimeSpan wait = options.StartingProbePeriod;
        long started = time.GetTimestamp();
        while (!over.IsCancellationRequested)
        {
            ProbeResult probe = await ProbeAsync(_runtime.ReadycheckEndpoint);
            if (probe.Ok)
            {
                // Something answered: it has to be this replica.
                return handle.Impostor();
            }

            notYet(probe.Detail);
            if (!runsElsewhere && time.GetElapsedTime(started) >= config.Scaling.ColdStartTimeout)
            {
                return $"not ready within {config.Scaling.ColdStartTimeout.TotalSeconds} s: {probe.Detail}";
            }

            await DelayAsync(wait);
            wait = Min(wait * Slower, options.StartingProbePeriodMax);
        }

        return null;
    }

    /// <summary>Tells each answer of the readiness probe. Returns why the replica is to be restarted; null when it is to go or has ended.</summary>
    public async Task<string?> WhileServingAsync(Action<ProbeResult> answered)
    {
        bool ready = true;
        int unhealthy = 0;
        long healthAsked = time.GetTimestamp();
        while (true)
        {
            await WaitToAskAsync(ready ? options.ProbePeriod : _quick);
            ProbeResult readiness = await ProbeAsync(_runtime.ReadycheckEndpoint);
            if (over.IsCancellationRequested)
            {
                return null;
            }

            answered(readiness);
            ready = readiness.Ok;

            // A replica that is not ready is asked more often, but not restarted sooner.
            if (runsElsewhere || time.GetElapsedTime(healthAsked) < options.ProbePeriod * 0.9)
            {
                continue;
            }

            healthAsked = time.GetTimestamp();
            ProbeResult health = _runtime.HealthcheckEndpoint == _runtime.ReadycheckEndpoint ? readiness : await ProbeAsync(_runtime.HealthcheckEndpoint);
            unhealthy = health.Ok ? 0 : unhealthy + 1;
            if (unhealthy >= options.HealthFailures && !over.IsCancellationRequested)
            {
                return $"{unhealthy} health probes in a row failed: {health.Detail}";
            }
        }
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private async Task<ProbeResult> ProbeAsync(string path)
    {
        try
        {
            ProbeResult probe = await prober.ProbeAsync(handle.Address, path, _runtime.Protocol, over);
            if (!probe.Ok)
            {
                handle.Look();
            }

            return probe;
        }
        catch (OperationCanceledException)
        {
            return new ProbeResult(false, null);
        }
    }

    private async Task WaitToAskAsync(TimeSpan wait)
    {
        try
        {
            await suspected.WaitAsync(wait, time, over);
        }
        catch (OperationCanceledException)
        {
            // Over: the caller looks.
        }
    }

    private async Task DelayAsync(TimeSpan wait) => await Task.Delay(wait, time, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
