using System.Diagnostics;
using InterCluster.Api.Gateway;
using InterCluster.Api.Runs;
using InterCluster.Core.Naming;
using InterCluster.Core.Runs;

namespace InterCluster.Api.Homes;

/// <summary>For a store of one process: no admission of it sends a call away.</summary>
internal sealed class NoOtherGateway : IMovedCalls, IMovedRuns, IHomes, IOtherGateways
{
    public string? AddressOf(AppId app) => null;

    public bool IsElsewhere(AppId app) => false;

    public ValueTask<GatewayAnswers<T>> AskAsync<T>(string pathAndQuery, IReadOnlySet<string>? only, CancellationToken ct) => ValueTask.FromResult(GatewayAnswers<T>.None);

    public ValueTask<bool> ForwardAsync(IncomingCall call, CallForwarder here) => throw new UnreachableException();

    public ValueTask<InvocationResult> InvokeAsync(ClaimedRun run, CancellationToken stopWaiting, CancellationToken ct) => throw new UnreachableException();
}
