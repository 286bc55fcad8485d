using System.Globalization;
using InterCluster.Replicas.Providers;

namespace InterCluster.Replicas.Processes;

/// <summary>A replica that is a process of this machine, with all that it starts.</summary>
internal sealed class ProcessReplica : IReplicaHandle
{
    // Two seconds: a program is loaded in less, and a process that has wiped out its own arguments and environment must not be waited for.
    private const int MostUnsureLooks = 100;

    private static readonly TimeSpan SweepPeriod = TimeSpan.FromMilliseconds(20);

    private readonly ProcessRecord _record;
    private readonly IProcessLeader _leader;
    private readonly TimeProvider _time;
    private readonly Action _release;

    public ProcessReplica(ProcessRecord record, IProcessLeader leader, TimeProvider time, Action release)
    {
        (_record, _leader, _time, _release) = (record, leader, time, release);
        Address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{record.Port}");
        Ended = FinishAsync();
    }

    public string Address { get; }

    public int? ProcessId => _record.Pid;

    public string? Limits => _record.Limits;

    public Task Died => _leader.Ended;

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

    /// <summary>Kills what is left of a replica: whatever carries its marker, wherever it went.</summary>
    internal static async Task SweepAsync(string marker, string? cgroup, TimeProvider time)
    {
        Cgroup? group = cgroup is null ? null : new Cgroup(cgroup);
        for (int looks = 1; ; looks++)
        {
            group?.Kill();
            IReadOnlyList<ProcessEntry> left = ProcessTable.FindByMarker(marker, out bool unsure);
            if (left.Count == 0 && (!unsure || looks >= MostUnsureLooks))
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
        await SweepAsync(ReplicaEnvironment.Marker(_record.Id), _record.Cgroup, _time);
        _release();
        return how;
    }
}
