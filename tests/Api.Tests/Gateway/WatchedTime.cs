using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;

namespace InterCluster.Api.Tests.Gateway;

/// <summary>Time that a test moves, and that says when somebody has begun to wait.</summary>
internal sealed class WatchedTime : FakeTimeProvider
{
    private readonly ConcurrentDictionary<TimeSpan, TaskCompletionSource> _begun = new();

    /// <summary>Completes with the first timer of this length: from there on advancing ends it.</summary>
    public Task TimerAsync(TimeSpan length) => Begun(length).Task;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ITimer timer = base.CreateTimer(callback, state, dueTime, period);
        Begun(dueTime).TrySetResult();
        return timer;
    }

    private TaskCompletionSource Begun(TimeSpan length) => _begun.GetOrAdd(length, _ => Waits.Signal());
}
