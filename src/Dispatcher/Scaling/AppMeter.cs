using InterCluster.Core.Apps;
using InterCluster.Core.Replicas;
using InterCluster.Core.Scaling;

namespace InterCluster.Dispatcher.Scaling;

/// <summary>Measures what an app's policy scales by, over its window. Used by the autoscaler's loop only.</summary>
internal sealed class AppMeter(ScalingConfig policy, HardwareConfig hardware)
{
    private const double BytesPerGb = 1e9;
    private static readonly TimeSpan LongestPeriod = TimeSpan.FromSeconds(3);

    private readonly MetricWindow _calls = new(policy.EvaluationInterval);
    private Dictionary<ReplicaId, MetricWindow> _replicas = [];

    /// <summary>How often to look: some ten times in a window.</summary>
    public TimeSpan Period { get; } = policy.EvaluationInterval / 10 < LongestPeriod ? policy.EvaluationInterval / 10 : LongestPeriod;

    /// <summary>True while what it measures is what these ask for.</summary>
    public bool Fits(ScalingConfig scaling, HardwareConfig given) =>
        scaling.Metric == policy.Metric && scaling.EvaluationInterval == policy.EvaluationInterval && given == hardware;

    /// <summary>The sum over the replicas as of now; null while it is not known.</summary>
    public double? Read(DateTimeOffset now, long calls, Func<IReadOnlyList<ReplicaUsage>> usage)
    {
        if (!ScalingMetrics.IsOfReplicas(policy.Metric))
        {
            _calls.Add(now, calls);
            return _calls.Rate();
        }

        bool cpu = policy.Metric == ScalingMetrics.CpuUtilization;
        double given = (cpu ? hardware.Cpu : hardware.MemoryGb * BytesPerGb) ?? double.NaN;
        // Those that are gone are forgotten; a new one counts from its second reading.
        _replicas = usage().ToDictionary(u => u.Replica, u => Measure(now, u.Replica, cpu ? u.Cpu.TotalSeconds : u.MemoryBytes));
        double?[] known = [.. _replicas.Values.Select(window => cpu ? window.Rate() : window.Mean()).Where(value => value is not null)];
        return known.Length == 0 ? null : known.Sum() * 100 / given;
    }

    private MetricWindow Measure(DateTimeOffset now, ReplicaId replica, double value)
    {
        MetricWindow window = _replicas.TryGetValue(replica, out MetricWindow? known) ? known : new MetricWindow(policy.EvaluationInterval);
        window.Add(now, value);
        return window;
    }
}
