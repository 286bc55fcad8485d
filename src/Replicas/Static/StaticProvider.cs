using InterCluster.Core.Apps;
using InterCluster.Core.Naming;
using InterCluster.Replicas.Providers;

namespace InterCluster.Replicas.Static;

/// <summary>Replicas that run elsewhere: one for each address, neither started nor stopped by us.</summary>
internal sealed class StaticProvider : IReplicaProvider
{
    public bool Runs(RuntimeConfig runtime) => runtime.Addresses.Count > 0;

    public int? FixedCount(RuntimeConfig runtime) => runtime.Addresses.Count;

    public Task<StartResult> StartAsync(ReplicaSpec spec, CancellationToken ct) =>
        Task.FromResult(StartResult.Started(new StaticReplica(spec.Revision.Config.Runtime.Addresses[spec.Ordinal])));

    public Task<IReadOnlyList<RecoveredReplica>> RecoverAsync(CancellationToken ct) => Task.FromResult<IReadOnlyList<RecoveredReplica>>([]);

    public void Forget(AppId app)
    {
    }

    private sealed class StaticReplica(string address) : IReplicaHandle
    {
        private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Address => address;

        public int? ProcessId => null;

        public string? Limits => null;

        public Task Died => _ended.Task;

        public Task<string> Ended => _ended.Task;

        public void Look()
        {
        }

        public string? Impostor() => null;

        public Task StopAsync(TimeSpan grace, CancellationToken now)
        {
            _ended.TrySetResult("released");
            return Task.CompletedTask;
        }
    }
}
