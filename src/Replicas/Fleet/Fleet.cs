using System.Collections.Concurrent;
using InterCluster.Core.Admission;
using InterCluster.Core.Apps;
using InterCluster.Core.Naming;
using InterCluster.Core.Replicas;
using InterCluster.Replicas.Logs;
using InterCluster.Replicas.Processes;
using InterCluster.Replicas.Providers;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace InterCluster.Replicas.Fleet;

/// <summary>The replicas of all apps whose home this gateway is. Follows the catalog from its start to its stop.</summary>
internal sealed partial class Fleet : IReplicaFleet, IReplicaFaults, IHostedService, IDisposable
{
    // A process that the kernel is waiting for (a dead disk) cannot be killed; it must not keep the server.
    private static readonly TimeSpan KillTime = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<AppId, AppSupervisor> _apps = new();
    private readonly ConcurrentDictionary<AppSupervisor, bool> _leaving = new();
    private readonly Lock _following = new();
    private readonly List<RecoveredReplica> _recovered = [];
    private readonly UnitServices _services;
    private readonly IReplicaProvider[] _providers;
    private readonly IHomeCatalog _catalog;
    private readonly IAdmissionDirectory _admissions;
    private readonly LogBook _logs;
    private readonly DataFolderLock _folder;
    private readonly ILogger<Fleet> _logger;
    private ITimer? _adoption;
    private bool _stopped;

    public Fleet(
        UnitServices services, IEnumerable<IReplicaProvider> providers, IHomeCatalog catalog, IAdmissionDirectory admissions, LogBook logs,
        IOptions<ReplicasOptions> options, ILogger<Fleet> logger)
    {
        (_services, _providers, _catalog, _admissions, _logs, _logger) = (services, [.. providers], catalog, admissions, logs, logger);
        _folder = new DataFolderLock(options.Value.DataFolder);
    }

    public void SetDesired(AppId app, int count)
    {
        if (_apps.TryGetValue(app, out AppSupervisor? supervisor))
        {
            supervisor.SetDesired(count);
        }
    }

    public void Unreachable(Replica replica)
    {
        if (_apps.TryGetValue(replica.App, out AppSupervisor? supervisor))
        {
            // The caller is on an I/O thread: the supervisor's lock is not for it.
            ThreadPool.UnsafeQueueUserWorkItem(static work => work.supervisor.Suspect(work.Id), (supervisor, replica.Id), preferLocal: false);
        }
    }

    public AppReplicas? Describe(AppId app) => _apps.TryGetValue(app, out AppSupervisor? supervisor) ? supervisor.Describe() : null;

    public IReadOnlyList<ReplicaUsage> Usage(AppId app) => Describe(app) is { } now
        ? ProcessUsage.Read([.. now.Replicas
            .Where(replica => replica is { State: ReplicaState.Ready or ReplicaState.NotReady, ProcessId: not null })
            .Select(replica => (replica.Id, replica.ProcessId!.Value))])
        : [];

    public IAsyncEnumerable<LogLine> ReadLogsAsync(AppId app, int tail, bool follow, CancellationToken ct) => _logs.ReadAsync(app, tail, follow, ct);

    public async Task DrainAsync(AppId app, CancellationToken ct)
    {
        Remove(app, HomeLeft.No);
        await Task.WhenAll(_leaving.Keys.Where(s => s.App == app).Select(s => s.Gone)).WaitAsync(ct);
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _folder.Take();
        foreach (IReplicaProvider provider in _providers)
        {
            _recovered.AddRange(await provider.RecoverAsync(cancellationToken));
        }

        _adoption = _services.Time.CreateTimer(__ => _ = StopRecovered(_ => true), null, _services.Options.AdoptionGrace, Timeout.InfiniteTimeSpan);
        _catalog.Changed += Follow;
        foreach (Revision revision in _catalog.All)
        {
            Follow(new AppChange(revision.App, revision));
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _catalog.Changed -= Follow;
        Task recovered;
        lock (_following)
        {
            _stopped = true;
            recovered = StopRecovered(_ => true);
        }

        Task all = Task.WhenAll([recovered, .. _apps.Values.Concat(_leaving.Keys).Select(s => s.StopAsync(cancellationToken))]);
        try
        {
            await all.WaitAsync(_services.Options.StopGrace + KillTime, _services.Time, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            LogLeftBehind(KillTime.TotalSeconds);
        }

        _folder.Dispose();
    }

    public void Dispose()
    {
        _catalog.Changed -= Follow;
        _adoption?.Dispose();
        _folder.Dispose();
        foreach (AppSupervisor supervisor in _apps.Values.Concat(_leaving.Keys))
        {
            supervisor.Dispose();
        }
    }

    private void Follow(AppChange change)
    {
        lock (_following)
        {
            if (_stopped)
            {
                return;
            }

            if (change.Revision is { } revision)
            {
                Deploy_NeedsLock(revision);
            }
            else
            {
                Remove(change.App, change.Left);
            }
        }
    }

    private void Deploy_NeedsLock(Revision revision)
    {
        IAdmission admission = _admissions.GetOrAdd(revision.App, AdmissionPolicy.From(revision.Config.Scaling));
        if (_apps.TryGetValue(revision.App, out AppSupervisor? supervisor))
        {
            supervisor.Deploy(revision);
            return;
        }

        supervisor = new AppSupervisor(revision, _services, _providers, admission, _logs.For(revision.App), _logger);
        foreach (RecoveredReplica replica in TakeRecovered(r => r.App == revision.App && r.Revision == revision.Number))
        {
            supervisor.Adopt(replica);
        }

        _apps[revision.App] = supervisor;
        _ = StopRecovered(r => r.App == revision.App);
        supervisor.Mark();
    }

    private void Remove(AppId app, HomeLeft left)
    {
        lock (_following)
        {
            if (left == HomeLeft.No)
            {
                // New calls and waiting ones are refused from here on; those in flight go on.
                _admissions.Remove(app);
            }

            if (_apps.TryRemove(app, out AppSupervisor? supervisor))
            {
                _leaving[supervisor] = true;
                supervisor.Close(cut: left == HomeLeft.Lost);
                _ = ForgetAsync(supervisor, deleted: left == HomeLeft.No);
            }
        }
    }

    private async Task ForgetAsync(AppSupervisor supervisor, bool deleted)
    {
        await supervisor.Gone;
        lock (_following)
        {
            _leaving.TryRemove(supervisor, out _);
            supervisor.Dispose();
            if (!deleted || _apps.ContainsKey(supervisor.App))
            {
                // Deployed again in the meantime, or it has moved and may be back: the folder and the log stay.
                return;
            }

            _logs.Close(supervisor.App);
            foreach (IReplicaProvider provider in _providers)
            {
                provider.Forget(supervisor.App);
            }
        }
    }

    private RecoveredReplica[] TakeRecovered(Predicate<RecoveredReplica> which)
    {
        lock (_following)
        {
            RecoveredReplica[] taken = [.. _recovered.Where(r => which(r))];
            _recovered.RemoveAll(which);
            return taken;
        }
    }

    private Task StopRecovered(Predicate<RecoveredReplica> which) => Task.WhenAll(TakeRecovered(which).Select(replica => Task.Run(() =>
    {
        LogNotAdopted(replica.Id, replica.App, replica.Revision);
        return replica.Handle.StopAsync(_services.Options.StopGrace, CancellationToken.None);
    })));

    [LoggerMessage(Level = LogLevel.Error, Message = "Replicas are still there {Seconds} s after SIGKILL; the next start of the server looks after them")]
    private partial void LogLeftBehind(double seconds);

    [LoggerMessage(Level = LogLevel.Information, Message = "Replica {Replica} of {App} survived the server, but its revision {Revision} is not in force: stopping it")]
    private partial void LogNotAdopted(ReplicaId replica, AppId app, int revision);
}
