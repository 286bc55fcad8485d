using InterCluster.Bench.Gateway.Contenders;

namespace InterCluster.Bench.Gateway.Loads;

/// <summary>Messages sent and echoed over WebSockets, one in flight on each.</summary>
internal sealed class WebSocketLoad(int connections) : ILoad
{
    public Task<LoadReport> RunAsync(Target target, int seconds, CancellationToken ct) =>
        LoadProcess.RunAsync(
            Environment.ProcessPath!,
            ["ws-echo", target.Url("/ws").ToString(), $"{connections}", $"{seconds}", .. target.Headers],
            LoadProcess.EventLoop,
            ct);

    /// <summary>The generator itself compares every echo with what it sent.</summary>
    public Task VerifyAsync(Target target, CancellationToken ct) => Task.CompletedTask;
}
