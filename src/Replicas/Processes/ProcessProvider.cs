using InterCluster.Core.Apps;
using InterCluster.Core.Identity;
using InterCluster.Core.Naming;
using InterCluster.Core.Replicas;
using InterCluster.Replicas.Logs;
using InterCluster.Replicas.Providers;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace InterCluster.Replicas.Processes;

/// <summary>Runs replicas as processes of this machine.</summary>
internal sealed partial class ProcessProvider : IReplicaProvider, IDisposable
{
    private readonly Spawner _spawner = new();
    private readonly ChildReaper _reaper = new();
    private readonly ReplicasOptions _options;
    private readonly ReplicaEnvironment _environment;
    private readonly PortAllocator _ports;
    private readonly OutputPump _pump;
    private readonly LogBook _logs;
    private readonly IAppTokenIssuer _tokens;
    private readonly TimeProvider _time;
    private readonly ILogger<ProcessProvider> _logger;
    private readonly string _data;
    private readonly string? _cgroups;

    public ProcessProvider(
        IOptions<ReplicasOptions> options, OutputPump pump, LogBook logs, IAppTokenIssuer tokens, TimeProvider time, ILogger<ProcessProvider> logger)
    {
        _options = options.Value;
        _environment = new ReplicaEnvironment(_options);
        _ports = new PortAllocator(_options.FirstPort, _options.LastPort, Random.Shared);
        (_pump, _logs, _tokens, _time, _logger) = (pump, logs, tokens, time, logger);
        _data = Path.GetFullPath(_options.DataFolder);
        _cgroups = Cgroup.FindParent(_options.CgroupParent);
    }

    public bool Runs(RuntimeConfig runtime) => runtime.Addresses.Count == 0;

    public int? FixedCount(RuntimeConfig runtime) => null;

    public async Task<StartResult> StartAsync(ReplicaSpec spec, CancellationToken ct)
    {
        RuntimeConfig runtime = spec.Revision.Config.Runtime;
        if (!Directory.Exists(runtime.Folder))
        {
            return $"the app's folder '{runtime.Folder}' does not exist";
        }

        string? program = Entrypoint.Find(runtime.Entrypoint[0], runtime.Folder, _environment.SearchPath);
        if (program is null)
        {
            return $"'{runtime.Entrypoint[0]}' is no program in the app's folder, nor on the PATH ({_environment.SearchPath})";
        }

        if (_ports.Take() is not int port)
        {
            return $"no port is free between {_options.FirstPort} and {_options.LastPort}";
        }

        var launch = new Launch(spec, new ReplicaFolder(_data, spec.Revision.App, spec.Id), program, port);
        try
        {
            StartResult result = await LaunchAsync(launch);
            CleanUpUnless(result.Handle is not null, launch);
            return result;
        }
        catch
        {
            CleanUpUnless(false, launch);
            throw;
        }
    }

    public async Task<IReadOnlyList<RecoveredReplica>> RecoverAsync(CancellationToken ct)
    {
        string running = ReplicaFolder.Running(_data);
        if (!Directory.Exists(running))
        {
            return [];
        }

        var recovered = new List<RecoveredReplica>();
        foreach (string folder in Directory.GetDirectories(running))
        {
            if (await RecoverAsync(folder) is { } replica)
            {
                recovered.Add(replica);
            }
        }

        return recovered;
    }

    public void Forget(AppId app)
    {
        string folder = ReplicaFolder.App(_data, app);
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    public void Dispose()
    {
        _spawner.Dispose();
        _reaper.Dispose();
    }

    private async Task<StartResult> LaunchAsync(Launch launch)
    {
        Revision revision = launch.Spec.Revision;
        launch.Folder.Create();
        Cgroup? cgroup = CreateCgroup(launch, out string limits);
        var record = new ProcessRecord
        {
            Replica = launch.Spec.Id.Value,
            Project = revision.App.Project,
            App = revision.App.App,
            Revision = revision.Number,
            Port = launch.Port,
            BootId = ProcessTable.BootId,
            StartedAt = _time.GetUtcNow(),
            Cgroup = cgroup?.Folder,
        };

        // On disk before there is a process: if we are killed in between, the marker finds it.
        record.Save(launch.Folder);
        var token = new TokenFile(launch.Folder.Token, revision.App, _options.FileTokenLifetime, _tokens, _time, _logger);
        IReadOnlyList<string> environment =
            _environment.For(revision, launch.Spec.Id, launch.Port, _tokens.Issue(revision.App, _options.TokenLifetime), launch.Folder);

        string? failure = null;
        int? started = await _spawner.RunAsync(() => Spawn(launch, environment, cgroup, ref limits, out failure));
        if (started is not int pid)
        {
            token.Dispose();
            cgroup?.Delete();
            return failure!;
        }

        // Until it is collected, the pid is the child's, so is the start time.
        record = record with { Pid = pid, StartTime = ProcessTable.Read(pid)?.Identity.StartTime ?? 0, Limits = limits };
        record.Save(launch.Folder);
        return StartResult.Started(Manage(record, launch.Folder, new ChildLeader(pid, _reaper), token));
    }

    private int? Spawn(Launch launch, IReadOnlyList<string> environment, Cgroup? cgroup, ref string limits, out string? failure)
    {
        RuntimeConfig runtime = launch.Spec.Revision.Config.Runtime;
        HardwareConfig hardware = launch.Spec.Revision.Config.Hardware;
        IReadOnlyList<string> argv = Entrypoint.WithPort(runtime.Entrypoint, runtime.Port, launch.Port);
        int? pid = PosixSpawn.Start(launch.Program, argv, environment, runtime.Folder!, launch.Folder.Stdout, launch.Folder.Stderr, out failure);
        if (pid is int started)
        {
            limits = ResourceLimits.Apply(started, cgroup, limits, hardware, _spawner.NoNewPrivileges);
        }

        return pid;
    }

    private Cgroup? CreateCgroup(Launch launch, out string limits)
    {
        limits = "";
        return _cgroups is null ? null : Cgroup.TryCreate(_cgroups, launch.Spec.Id.Value, launch.Spec.Revision.Config.Hardware, _options.MaxTasks, out limits);
    }

    private ProcessReplica Manage(ProcessRecord record, ReplicaFolder folder, IProcessLeader leader, TokenFile token)
    {
        AppLog log = _logs.For(record.AppId);
        var output = new ReplicaOutput(folder, _options.LogBytes, (stream, text) => log.Add(record.Id, stream, text));
        _pump.Add(output);
        return new ProcessReplica(record, leader, _time, () =>
        {
            _pump.Remove(output);
            output.Finish();
            token.Dispose();
            folder.Delete();
            _ports.Release(record.Port);
        });
    }

    private async Task<RecoveredReplica?> RecoverAsync(string path)
    {
        var id = new ReplicaId(Path.GetFileName(path));
        ProcessRecord? record = ProcessRecord.Load(Path.Combine(path, "record.json"));
        if (record is { Process: { } process } && IsOurs(record, process, path))
        {
            var folder = new ReplicaFolder(_data, record.AppId, id);
            _ports.Keep(record.Port);
            var token = new TokenFile(folder.Token, record.AppId, _options.FileTokenLifetime, _tokens, _time, _logger);
            ProcessReplica handle = Manage(record, folder, new AdoptedLeader(process, _time), token);
            return new RecoveredReplica(id, record.AppId, record.Revision, record.StartedAt, handle);
        }

        LogReaping(id);
        await ProcessReplica.SweepAsync(ReplicaEnvironment.Marker(id), record?.Cgroup, _time);
        Directory.Delete(path, recursive: true);
        return null;
    }

    // The start time tells a process from a later one with the same number. The second sign is the marker or, where a program has written
    // over its environment to change its title, that its output goes to our file.
    private static bool IsOurs(ProcessRecord record, ProcessIdentity process, string folder) =>
        record.BootId.Length > 0
        && record.BootId == ProcessTable.BootId
        && ProcessTable.IsAlive(process)
        && (ProcessTable.HasMarker(process.Pid, ReplicaEnvironment.Marker(record.Id)) || WritesTo(process.Pid, folder));

    private static bool WritesTo(int pid, string folder) =>
        new FileInfo($"/proc/{pid}/fd/1").LinkTarget?.StartsWith(folder + "/", StringComparison.Ordinal) ?? false;

    private void CleanUpUnless(bool started, Launch launch)
    {
        if (!started)
        {
            _ports.Release(launch.Port);
            launch.Folder.Delete();
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Replica {Replica} of an earlier server has ended or cannot be taken over; clearing what is left of it")]
    private partial void LogReaping(ReplicaId replica);

    private sealed record Launch(ReplicaSpec Spec, ReplicaFolder Folder, string Program, int Port);
}
