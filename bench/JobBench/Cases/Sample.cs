namespace InterCluster.Bench.Jobs.Cases;

/// <summary>One turn of one contender.</summary>
/// <param name="Submitted">Jobs per second, submitted one by one.</param>
/// <param name="Drained">Jobs per second that reached the upstream, once the first fifth of them had.</param>
internal sealed record Sample(double Submitted, double Drained);
