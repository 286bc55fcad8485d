using InterCluster.Core.Runs;
using InterCluster.Storage.GroupCommit;
using InterCluster.Storage.Postgres.Engine;

namespace InterCluster.Storage.Postgres.Runs;

/// <summary>A run that waits to be stored.</summary>
internal sealed class SubmitWork(Submission submission, CancellationToken ct)
    : PgWork<SubmitResult>(new WorkCost(1, submission.Run.Request.Body.Length + submission.Headers.Length, IsNew: true), ct)
{
    public Submission Submission => submission;
}
