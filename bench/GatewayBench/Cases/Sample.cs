namespace InterCluster.Bench.Gateway.Cases;

/// <summary>One contender in one round.</summary>
/// <param name="PerSecond">Answers per second.</param>
/// <param name="P50">Median latency, in milliseconds.</param>
/// <param name="P99">99th percentile, in milliseconds.</param>
/// <param name="CpuMicros">CPU time of the proxy per answer, in microseconds.</param>
/// <param name="Errors">Broken connections, time-outs and answers other than 2xx and 3xx.</param>
/// <param name="GeneratorCores">Cores that the load generator kept busy.</param>
internal sealed record Sample(double PerSecond, double P50, double P99, double CpuMicros, long Errors, double GeneratorCores);
