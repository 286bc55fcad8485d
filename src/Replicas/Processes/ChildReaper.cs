using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace InterCluster.Replicas.Processes;

/// <summary>
/// Notices the end of our children. When a child has ended, and before it is collected, so that its number cannot be anyone else's,
/// what is left of its group is killed.
/// </summary>
internal sealed class ChildReaper : IDisposable
{
    private readonly ConcurrentDictionary<int, TaskCompletionSource<string>> _children = new();
    private readonly Lock _collecting = new();
    private readonly PosixSignalRegistration _signal;

    public ChildReaper() => _signal = PosixSignalRegistration.Create(PosixSignal.SIGCHLD, _ => Collect());

    /// <summary>Completes with how the child ended.</summary>
    public Task<string> Watch(int pid)
    {
        var ended = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        _children[pid] = ended;

        // It may have ended before it was watched.
        CollectOne(pid, ended);
        return ended.Task;
    }

    /// <summary>Signals the child's group unless the child has been collected, when the number may be another's.</summary>
    public void SignalGroup(int pid, int signal)
    {
        lock (_collecting)
        {
            if (_children.ContainsKey(pid))
            {
                Libc.SignalGroup(pid, signal);
            }
        }
    }

    /// <summary>Looks at all children: signals of one kind are merged by the system, so one may stand for many.</summary>
    public void Collect()
    {
        foreach ((int pid, TaskCompletionSource<string> ended) in _children)
        {
            CollectOne(pid, ended);
        }
    }

    public void Dispose() => _signal.Dispose();

    private void CollectOne(int pid, TaskCompletionSource<string> ended)
    {
        lock (_collecting)
        {
            ChildState state = _children.ContainsKey(pid) ? Libc.Peek(pid) : ChildState.Running;
            if (state == ChildState.Running)
            {
                return;
            }

            string how = state == ChildState.Ended ? KillGroupAndCollect(pid) : "ended; how is not known";
            _children.TryRemove(pid, out _);
            ended.TrySetResult(how);
        }
    }

    private static string KillGroupAndCollect(int pid)
    {
        Libc.SignalGroup(pid, Libc.SigKill);
        return Libc.Collect(pid);
    }
}
