namespace InterCluster.Replicas.Processes;

/// <summary>The first process of a replica, leader of its group.</summary>
internal interface IProcessLeader
{
    /// <summary>Completes with how it ended.</summary>
    Task<string> Ended { get; }

    /// <summary>Looks whether it has ended.</summary>
    void Look();

    /// <summary>Signals its group, and nobody else.</summary>
    void SignalGroup(int signal);
}

/// <summary>A process that we have started.</summary>
internal sealed class ChildLeader(int pid, ChildReaper reaper) : IProcessLeader
{
    public Task<string> Ended { get; } = reaper.Watch(pid);

    public void Look() => reaper.Collect();

    public void SignalGroup(int signal) => reaper.SignalGroup(pid, signal);
}

/// <summary>A process that an earlier life of the server has started. It is not our child: its end is seen by looking.</summary>
internal sealed class AdoptedLeader(ProcessIdentity process, TimeProvider time) : IProcessLeader
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);

    private Task<string>? _ended;

    public Task<string> Ended => _ended ??= WaitAsync();

    public void Look()
    {
        // It is looked at all the time.
    }

    public void SignalGroup(int signal)
    {
        // While the leader lives, the number of the group is its own.
        foreach (ProcessEntry member in ProcessTable.All().Where(e => e.Group == process.Pid))
        {
            if (ProcessTable.IsAlive(process) || member.Identity == process)
            {
                ProcessTable.Signal(member.Identity, signal);
            }
        }
    }

    private async Task<string> WaitAsync()
    {
        while (ProcessTable.IsAlive(process))
        {
            await Task.Delay(Period, time);
        }

        return "ended; it was not started by this server, so how is not known";
    }
}
