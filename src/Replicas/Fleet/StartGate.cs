using InterCluster.Core.Naming;

namespace InterCluster.Replicas.Fleet;

/// <summary>
/// Spreads starts over time when many are wanted at once: at most so many per second on the whole machine, the projects taking turns.
/// Without a crowd nobody waits.
/// </summary>
internal sealed class StartGate : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Queue<TaskCompletionSource>> _waiting = [];
    private readonly Queue<string> _turns = new();
    private readonly TimeProvider _time;
    private readonly TimeSpan _interval;
    private readonly int _burst;
    private readonly ITimer _timer;
    private int _free;
    private long _refilled;

    public StartGate(int perSecond, TimeProvider time)
    {
        _time = time;
        _interval = TimeSpan.FromSeconds(1.0 / perSecond);
        _free = _burst = perSecond;
        _refilled = time.GetTimestamp();
        _timer = time.CreateTimer(_ => Release(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Completes when the app may start a replica.</summary>
    public Task WaitAsync(AppId app, CancellationToken ct)
    {
        lock (_lock)
        {
            Refill_NeedsLock();
            if (_free > 0 && _turns.Count == 0)
            {
                _free--;
                return Task.CompletedTask;
            }

            var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Enqueue_NeedsLock(app.Project, turn);
            _timer.Change(_interval, Timeout.InfiniteTimeSpan);
            return ct.CanBeCanceled ? CancellableAsync(turn, ct) : turn.Task;
        }
    }

    public void Dispose() => _timer.Dispose();

    private static async Task CancellableAsync(TaskCompletionSource turn, CancellationToken ct)
    {
        await using (ct.UnsafeRegister(static (state, token) => ((TaskCompletionSource)state!).TrySetCanceled(token), turn))
        {
            await turn.Task;
        }
    }

    private void Enqueue_NeedsLock(string project, TaskCompletionSource turn)
    {
        if (!_waiting.TryGetValue(project, out Queue<TaskCompletionSource>? queue))
        {
            _waiting[project] = queue = new Queue<TaskCompletionSource>();
            _turns.Enqueue(project);
        }

        queue.Enqueue(turn);
    }

    private void Release()
    {
        lock (_lock)
        {
            Refill_NeedsLock();
            while (_free > 0 && _turns.TryDequeue(out string? project))
            {
                // Who has given up waiting costs nothing.
                _free -= _waiting[project].Dequeue().TrySetResult() ? 1 : 0;
                KeepTurn_NeedsLock(project);
            }

            if (_turns.Count > 0)
            {
                _timer.Change(_interval, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private void KeepTurn_NeedsLock(string project)
    {
        if (_waiting[project].Count > 0)
        {
            _turns.Enqueue(project);
        }
        else
        {
            _waiting.Remove(project);
        }
    }

    private void Refill_NeedsLock()
    {
        long starts = (long)(_time.GetElapsedTime(_refilled) / _interval);
        if (starts > 0)
        {
            _free = (int)Math.Min(_burst, _free + starts);
            _refilled += (long)(starts * _interval.TotalSeconds * _time.TimestampFrequency);
        }
    }
}
