using System.Collections.Concurrent;
using InterCluster.Core.Replicas;
using Microsoft.Extensions.Logging;

namespace InterCluster.Api.WebSockets;

/// <summary>The tunnels that are open now, so that a drain can say good-bye to each.</summary>
internal sealed partial class WebSocketTunnels(TimeProvider time, ILogger<WebSocketTunnels> log)
{
    private const ushort GoingAway = 1001;
    private const ushort ServiceRestart = 1012;
    private readonly ConcurrentDictionary<WebSocketTunnel, Replica> _open = new();

    public int Count => _open.Count;

    public void Add(WebSocketTunnel tunnel, Replica replica) => _open[tunnel] = replica;

    public void Remove(WebSocketTunnel tunnel) => _open.TryRemove(tunnel, out _);

    /// <summary>The gateway goes away: every tunnel gets close 1001, spread at random over <paramref name="spread"/> so that the clients do not reconnect in one wave.</summary>
    public Task CloseAllAsync(TimeSpan spread, CancellationToken ct) => CloseAsync(_open.Keys, GoingAway, spread, ct);

    /// <summary>The tunnel's replica drains: it gets close 1012 and its client comes back to another one.</summary>
    public Task CloseForReplicaAsync(WebSocketTunnel tunnel, TimeSpan spread) => CloseAsync([tunnel], ServiceRestart, spread, CancellationToken.None);

    private Task CloseAsync(IEnumerable<WebSocketTunnel> tunnels, ushort code, TimeSpan spread, CancellationToken ct) =>
        Task.WhenAll(tunnels.Select(tunnel => CloseLaterAsync(tunnel, code, spread * Random.Shared.NextDouble(), ct)));

    private async Task CloseLaterAsync(WebSocketTunnel tunnel, ushort code, TimeSpan delay, CancellationToken ct)
    {
        try
        {
            await Task.Delay(delay, time, ct).ConfigureAwait(false);
            await tunnel.CloseAsync(code, ct).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
        {
            LogNotClosed(code, e.Message);
        }
    }

    [LoggerMessage(1, LogLevel.Debug, "A WebSocket could not be given close {Code}: {Reason}")]
    private partial void LogNotClosed(ushort code, string reason);
}
