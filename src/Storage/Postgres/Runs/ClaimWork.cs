using InterCluster.Core.Naming;
using InterCluster.Core.Runs;
using InterCluster.Storage.GroupCommit;
using InterCluster.Storage.Postgres.Engine;

namespace InterCluster.Storage.Postgres.Runs;

/// <summary>A worker that waits for runs.</summary>
internal abstract class ClaimWork(string worker, TimeSpan lease, int most, CancellationToken ct) : PgWork<IReadOnlyList<ClaimedRun>>(new WorkCost(most), ct)
{
    public string Worker => worker;

    public TimeSpan Lease => lease;

    public int Most => most;
}

/// <summary>Claims these runs.</summary>
internal sealed class ClaimTheseWork(IReadOnlyList<RunId> ids, string worker, TimeSpan lease, CancellationToken ct) : ClaimWork(worker, lease, ids.Count, ct)
{
    public IReadOnlyList<RunId> Ids => ids;
}

/// <summary>Claims the next runs of a function.</summary>
internal sealed class ClaimNextWork(FunctionId function, int limit, string worker, TimeSpan lease, CancellationToken ct) : ClaimWork(worker, lease, limit, ct)
{
    public FunctionId Function => function;
}
