using InterCluster.Core.Naming;
using InterCluster.Core.Runs;

namespace InterCluster.Api.Runs;

/// <summary>
/// Callers that wait for a run to end: one dictionary, fed by <see cref="IRunStore.Finished"/>. A waiter costs an entry and a timer; nothing polls.
/// </summary>
internal sealed class RunWaiters : IDisposable
{
    private readonly Dictionary<RunId, List<TaskCompletionSource>> _waiting = [];
    private readonly Lock _lock = new();
    private readonly IRunStore _store;
    private readonly TimeProvider _time;

    public RunWaiters(IRunStore store, TimeProvider time)
    {
        _store = store;
        _time = time;
        store.Finished += OnFinished;
    }

    /// <summary>Callers that wait.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Values.Sum(w => w.Count);
            }
        }
    }

    /// <summary>The run as it is when it became terminal or the time is up; null when the project has none of this id.</summary>
    public async Task<RunInfo?> WaitAsync(string project, RunId id, TimeSpan wait, CancellationToken ct)
    {
        if (wait <= TimeSpan.Zero)
        {
            return await _store.GetAsync(project, id, ct);
        }

        // Entered before the state is read, so an end in between is not missed.
        TaskCompletionSource ended = Enter(id);
        try
        {
            RunInfo? run = await _store.GetAsync(project, id, ct);
            if (run is null || RunStateMachine.IsTerminal(run.State))
            {
                return run;
            }

            await EndedAsync(ended, wait, ct);
            return await _store.GetAsync(project, id, ct);
        }
        finally
        {
            Leave(id, ended);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _store.Finished -= OnFinished;

    // Time out without an exception: thousands of waits end each second when a batch is polled.
    private async Task EndedAsync(TaskCompletionSource ended, TimeSpan wait, CancellationToken ct)
    {
        await using ITimer timer = _time.CreateTimer(GiveUp, ended, wait, Timeout.InfiniteTimeSpan);
        await using CancellationTokenRegistration left = ct.UnsafeRegister(GiveUp, ended);
        await ended.Task;

        static void GiveUp(object? ended) => ((TaskCompletionSource)ended!).TrySetResult();
    }

    private TaskCompletionSource Enter(RunId id)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (!_waiting.TryGetValue(id, out List<TaskCompletionSource>? callers))
            {
                _waiting[id] = callers = new(1);
            }

            callers.Add(ended);
        }

        return ended;
    }

    private void Leave(RunId id, TaskCompletionSource ended)
    {
        lock (_lock)
        {
            if (_waiting.TryGetValue(id, out List<TaskCompletionSource>? callers) && callers.Remove(ended) && callers.Count == 0)
            {
                _waiting.Remove(id);
            }
        }
    }

    private void OnFinished(IReadOnlyList<RunId> ids)
    {
        lock (_lock)
        {
            foreach (RunId id in ids)
            {
                if (_waiting.Remove(id, out List<TaskCompletionSource>? callers))
                {
                    callers.ForEach(c => c.TrySetResult());
                }
            }
        }
    }
}
