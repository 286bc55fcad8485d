using InterCluster.Storage.Codecs;

namespace InterCluster.Storage.Sqlite.Engine;

/// <summary>The store's two clocks, in microseconds.</summary>
internal sealed class StoreClock(TimeProvider time)
{
    private readonly long _startStamp = time.GetTimestamp();
    private readonly long _startMicros = Micros.From(time.GetUtcNow());

    /// <summary>The wall clock: for times that people see or choose.</summary>
    public long Now => Micros.From(time.GetUtcNow());

    /// <summary>Runs evenly from the start on: for leases, which a correction of the wall clock must neither end nor prolong.</summary>
    public long Steady => _startMicros + Micros.From(time.GetElapsedTime(_startStamp));
}
