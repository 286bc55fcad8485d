using Microsoft.Extensions.Time.Testing;

namespace InterCluster.Storage.Tests.Harness;

/// <summary>A clock driven by the test whose wall time can also be set wrong, while its timers and timestamps run on.</summary>
public sealed class TestTime(DateTimeOffset start) : FakeTimeProvider(start)
{
    private TimeSpan _error;

    /// <summary>Raised before the time moves on, with the time as it is: a database's clock follows.</summary>
    public event Action<DateTimeOffset>? Moving;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + _error;

    // The base takes its timestamps from the wall time.
    public override long GetTimestamp() => base.GetTimestamp() - (_error.Ticks * TimestampFrequency / TimeSpan.TicksPerSecond);

    public new void Advance(TimeSpan by)
    {
        Moving?.Invoke(base.GetUtcNow() + by);
        base.Advance(by);
    }

    public void JumpWallClock(TimeSpan by) => _error += by;
}
