using System.Globalization;
using InterCluster.Replicas.Providers;

namespace InterCluster.Replicas.Processes;

/// <summary>A replica that is a process of this machine, with all that it starts.</summary>
internal sealed class ProcessReplica : IReplicaHandle
{
    private static readonly TimeSpan SweepPeriod = TimeSpan.FromMilliseconds(20);

    private readonly ProcessRecord _record;
    private readonly IProcessLeader _leader;
    private readonly TimeProvider _time;
    private readonly Action _release;
    private bool _abandoned;

    public ProcessReplica(ProcessRecord record, IProcessLeader leader, TimeProvider time, Action release)
    {
        (_record, _leader, _time, _release) = (record, leader, time, release);
        Address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{record.Port}");
        Ended = FinishAsync();
    }

    public string Address { get; }

    public int? ProcessId => _record.Pid;

    public string? Limits => _record.Limits;

    public Task<string> Ended { get; }

    public void Look() => _leader.Look();

    public string? Impostor() => PortOwner.Impostor(_record);

    public async Task StopAsync(TimeSpan grace, CancellationToken now)
    {
        _leader.SignalGroup(Libc.SigTerm);
        try
        {
            await Ended.WaitAsync(grace, _time, now);
        }
        catch (Exception stopped) when (stopped is TimeoutException or OperationCanceledException)
        {
            _leader.SignalGroup(Libc.SigKill);
            await Ended;
        }
    }

    /// <summary>Forgets the process without stopping it, as a killed server does.</summary>
    internal void Abandon() => _abandoned = true;

    /// <summary>Kills what is left of a replica: whatever carries its marker, wherever it went.</summary>
    internal static async Task SweepAsync(string marker, string? cgroup, TimeProvider time)
    {
        Cgroup? group = cgroup is null ? null : new Cgroup(cgroup);
        while (true)
        {
            group?.Kill();
            ProcessEntry[] left = [.. ProcessTable.FindByMarker(new HashSet<string> { marker })[marker]];
            if (left.Length == 0)
            {
                group?.Delete();
                return;
            }

            foreach (ProcessEntry process in left)
            {
                ProcessTable.Signal(process.Identity, Libc.SigKill);
            }

            // What has just been started by one of them is seen next time.
            await Task.Delay(SweepPeriod, time);
        }
    }

    private async Task<string> FinishAsync()
    {
        string how = await _leader.Ended;
        if (!_abandoned)
        {
            await SweepAsync(ReplicaEnvironment.Marker(_record.Id), _record.Cgroup, _time);
            _release();
        }

        return how;
    }
}
