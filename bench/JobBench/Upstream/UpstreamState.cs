namespace InterCluster.Bench.Jobs.Upstream;

/// <summary>What has arrived.</summary>
/// <param name="Count">POSTs since the last <c>/expect</c>.</param>
/// <param name="Seconds">From the end of the first fifth to the one that was expected as the last; 0 until it has come.</param>
internal sealed record UpstreamState(int Count, double Seconds);
