using Microsoft.Extensions.Time.Testing;

namespace InterCluster.Storage.Tests.Harness;

/// <summary>A clock driven by the test whose wall time can also be set wrong, while its timers and timestamps run on.</summary>
public sealed class TestTime(DateTimeOffset start) : FakeTimeProvider(start)
{
    private TimeSpan _error;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + _error;

    // The base takes its timestamps from the wall time.
    public override long GetTimestamp() => base.GetTimestamp() - (_error.Ticks * TimestampFrequency / TimeSpan.TicksPerSecond);

    public void JumpWallClock(TimeSpan by) => _error += by;
}
