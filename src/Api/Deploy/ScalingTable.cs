using InterCluster.Core.Apps;

namespace InterCluster.Api.Deploy;

/// <summary><c>[*.scaling]</c>. The defaults are those of <see cref="ScalingConfig"/>.</summary>
internal static class ScalingTable
{
    private const int MaxReplicas = 1000;
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    public static ScalingConfig Read(AppFileSection section, HardwareConfig hardware, bool runsHere)
    {
        var defaults = new ScalingConfig();
        int min = (int)section.Whole("min_replicas", defaults.MinReplicas, 0, MaxReplicas);
        int max = (int)section.Whole("max_replicas", defaults.MaxReplicas, 1, MaxReplicas);
        string metric = section.Text("scaling_metric", m => ScalingMetrics.All.Contains(m), $"one of {string.Join(", ", ScalingMetrics.All)}") ?? defaults.Metric;
        if (min > max)
        {
            section.Report.Add($"{section.PathOf("min_replicas")} = {min}: must not be more than max_replicas ({max}).");
        }

        section.Ignore("compute_tier");
        ScalingConfig scaling = ReadQueue(section, ReadLimits(section, hardware, defaults with { MinReplicas = min, MaxReplicas = max, Metric = metric }));
        CheckMetric(section, scaling, hardware, runsHere);
        ReportWhatWaits(section, scaling, defaults);
        return scaling;
    }

    // What only processes can tell needs processes, one at least to begin with, and something to be a percentage of.
    private static void CheckMetric(AppFileSection section, ScalingConfig scaling, HardwareConfig hardware, bool runsHere)
    {
        if (!ScalingMetrics.IsOfReplicas(scaling.Metric))
        {
            return;
        }

        string setting = $"{section.PathOf("scaling_metric")} = {scaling.Metric}";
        bool cpu = scaling.Metric == ScalingMetrics.CpuUtilization;
        if (!runsHere)
        {
            section.Report.Add($"{setting}: replicas given by address are not measured. Scale by one of {string.Join(", ", ScalingMetrics.All.Where(m => !ScalingMetrics.IsOfReplicas(m)))}.");
        }

        if (scaling.MinReplicas < 1)
        {
            section.Report.Add($"{setting}: needs min_replicas of 1 or more: without a replica there is nothing to measure.");
        }

        if ((cpu ? hardware.Cpu : hardware.MemoryGb) is null)
        {
            section.Report.Add($"{setting}: is a percentage of {(cpu ? "cpu" : "memory")} under hardware, which is not set.");
        }
    }

    // Read and checked, and not acted on in this version: whoever sets one is told.
    private static void ReportWhatWaits(AppFileSection section, ScalingConfig scaling, ScalingConfig defaults)
    {
        // The others act on what is there at the time.
        if (scaling.EvaluationInterval != defaults.EvaluationInterval && !ScalingMetrics.IsMeasured(scaling.Metric))
        {
            section.Report.Ignored(section.PathOf("evaluation_interval_seconds"));
        }

        if (scaling.Buffer > 0 && ScalingMetrics.IsOfReplicas(scaling.Metric))
        {
            section.Report.Ignored(section.PathOf("scaling_buffer"));
        }
    }

    private static ScalingConfig ReadLimits(AppFileSection section, HardwareConfig hardware, ScalingConfig defaults) => defaults with
    {
        ReplicaConcurrency = (int)section.Whole("replica_concurrency", hardware.GpuCount > 0 ? 1 : defaults.ReplicaConcurrency, 1, 10_000),
        ResponseGracePeriod = section.Duration("response_grace_period", defaults.ResponseGracePeriod, TimeSpan.FromSeconds(1), TimeSpan.FromHours(12)),
        Cooldown = section.Duration("cooldown", defaults.Cooldown, TimeSpan.Zero, TimeSpan.FromHours(24)),
        // Percent, or runs or calls per second of a replica.
        Target = section.Number("scaling_target", 0.01, defaults.Metric is ScalingMetrics.QueueDepth or ScalingMetrics.RequestsPerSecond ? 1_000_000 : 100) ?? defaults.Target,
        Buffer = (int)section.Whole("scaling_buffer", defaults.Buffer, 0, MaxReplicas),
        EvaluationInterval = section.Duration("evaluation_interval_seconds", defaults.EvaluationInterval, TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(300)),
        RollOutDuration = section.Duration("roll_out_duration_seconds", defaults.RollOutDuration, TimeSpan.Zero, TimeSpan.FromSeconds(600)),
        LoadBalancingAlgorithm = section.Text(
            "load_balancing_algorithm", a => a.Length == 0 || LoadBalancingAlgorithms.All.Contains(a),
            $"\"\" or one of {string.Join(", ", LoadBalancingAlgorithms.All)}") ?? defaults.LoadBalancingAlgorithm,
    };

    private static ScalingConfig ReadQueue(AppFileSection section, ScalingConfig scaling) => scaling with
    {
        QueueTimeout = section.Duration("queue_timeout", scaling.QueueTimeout, TimeSpan.Zero, Hour, AppFileKeys.OursOnly),
        ColdStartTimeout = section.Duration("cold_start_timeout", scaling.ColdStartTimeout, TimeSpan.Zero, Hour, AppFileKeys.OursOnly),
        QueueMaxLength = (int)section.Whole("queue_max_length", scaling.QueueMaxLength, 0, 1_000_000, AppFileKeys.OursOnly),
        QueueMaxBytes = section.Whole("queue_max_bytes", scaling.QueueMaxBytes, 0, 16L << 30, AppFileKeys.OursOnly),
        BatchShare = section.Number("batch_share", 0, 1, AppFileKeys.OursOnly) ?? scaling.BatchShare,
    };
}
