using InterCluster.Core.Runs;

namespace InterCluster.Api.Runs;

/// <summary>Where a run is carried out whose app has its home in another gateway.</summary>
internal interface IMovedRuns
{
    /// <summary>Has the home carry it out; refused, which is no attempt, while there is none.</summary>
    ValueTask<InvocationResult> InvokeAsync(ClaimedRun run, CancellationToken stopWaiting, CancellationToken ct);
}
