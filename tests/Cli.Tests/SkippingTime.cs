using Microsoft.Extensions.Time.Testing;

namespace InterCluster.Cli.Tests;

/// <summary>Short pauses pass at once and are counted; long limits stand still.</summary>
internal sealed class SkippingTime(DateTimeOffset start) : FakeTimeProvider(start)
{
    private int _skipped;

    public int Skipped => _skipped;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime <= TimeSpan.Zero || dueTime >= TimeSpan.FromSeconds(1))
        {
            return base.CreateTimer(callback, state, dueTime, period);
        }

        Interlocked.Increment(ref _skipped);
        return TimeProvider.System.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}
