using InterCluster.Api.Runs;
using InterCluster.Core.Admission;
using InterCluster.Core.Runs;

namespace InterCluster.Api.Homes;

/// <summary>Has runs carried out by the home of their app. A run that finds none goes back and comes again: it is no attempt.</summary>
internal sealed class HopInvoker(HomeBoard board, HomesMetrics metrics) : IMovedRuns
{
    public async ValueTask<InvocationResult> InvokeAsync(ClaimedRun run, CancellationToken stopWaiting, CancellationToken ct)
    {
        if (board.Of(run.Function.App).Peer is not { } peer)
        {
            return new InvocationResult(InvocationOutcome.Refused, Refusal: Refusal.Draining);
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, peer.Gone);
        try
        {
            InvocationResult result = await peer.Runs.InvokeAsync(run, stopWaiting, either.Token).ConfigureAwait(false);
            metrics.Hopped(result.Outcome == InvocationOutcome.Refused ? "refused" : "passed");
            return result;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            metrics.Hopped("broken");
            return new InvocationResult(InvocationOutcome.Unreachable);
        }
    }
}
