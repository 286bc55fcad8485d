using InterCluster.Core.Runs;
using InterCluster.Storage.GroupCommit;
using InterCluster.Storage.Postgres.Engine;

namespace InterCluster.Storage.Postgres.Runs;

/// <summary>A run that waits to be stored.</summary>
internal sealed class SubmitWork(NewRun run, byte[] headers, byte[]? hash, CancellationToken ct)
    : PgWork<SubmitResult>(new WorkCost(1, run.Request.Body.Length + headers.Length, IsNew: true), ct)
{
    public NewRun Run => run;

    public byte[] Headers => headers;

    /// <summary>Null without an idempotency key.</summary>
    public byte[]? Hash => hash;
}
