using System.Collections.Concurrent;

namespace InterCluster.Replicas.Processes;

/// <summary>
/// The one thread that starts processes. It has given up gaining privileges (no_new_privs), which is a property of a thread and is inherited
/// by what the thread starts: so every replica has given them up, and the server itself has not.
/// </summary>
internal sealed class Spawner : IDisposable
{
    private readonly BlockingCollection<Action> _work = [];

    public Spawner() => new Thread(Run) { IsBackground = true, Name = "replica spawner" }.Start();

    /// <summary>True when replicas cannot gain privileges. Known after the first start.</summary>
    public bool NoNewPrivileges { get; private set; }

    public Task<T> RunAsync<T>(Func<T> start)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                done.SetResult(start());
            }
            catch (Exception error)
            {
                done.SetException(error);
            }
        });
        return done.Task;
    }

    public void Dispose() => _work.CompleteAdding();

    private void Run()
    {
        NoNewPrivileges = Libc.ForbidNewPrivileges();
        foreach (Action work in _work.GetConsumingEnumerable())
        {
            work();
        }

        _work.Dispose();
    }
}
