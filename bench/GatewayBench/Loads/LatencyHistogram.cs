namespace InterCluster.Bench.Gateway.Loads;

/// <summary>Latencies in steps of a microsecond, up to a second.</summary>
internal sealed class LatencyHistogram
{
    private readonly int[] _counts = new int[1_000_000];

    public long Count => _counts.Sum(count => (long)count);

    // Interlocked: the first echoes may end on the thread that sent them, while the event loop runs already.
    public void Record(TimeSpan latency) => Interlocked.Increment(ref _counts[Math.Min((int)latency.TotalMicroseconds, _counts.Length - 1)]);

    public double Percentile(double share)
    {
        var rank = (long)Math.Ceiling(Count * share);
        var seen = 0L;
        for (var micros = 0; micros < _counts.Length; micros++)
        {
            seen += _counts[micros];
            if (seen >= rank)
            {
                return micros;
            }
        }

        return _counts.Length;
    }
}
