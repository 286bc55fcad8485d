using System.Collections.Concurrent;
using InterCluster.Api.Invocations;
using InterCluster.Core.Gateways;
using InterCluster.Core.Naming;
using Microsoft.Extensions.Logging;

namespace InterCluster.Api.Homes;

/// <summary>Where an app's home is, as far as it is known here.</summary>
/// <param name="IsHere">This gateway is it.</param>
/// <param name="Peer">The other gateway that is; null when it is here, or nobody's for now.</param>
internal readonly record struct Place(bool IsHere, GatewayPeer? Peer);

/// <summary>Shows everybody in this process where each app's home is. Written by the keeper alone; asked for calls that this gateway's own admission has turned away.</summary>
internal sealed class HomeBoard(WorkerCredentials credentials, TimeProvider time, ILogger<RemoteRunInvoker> logger) : IHomes, IDisposable
{
    private readonly ConcurrentDictionary<AppId, Place> _places = new();
    private readonly ConcurrentDictionary<Guid, GatewayPeer> _peers = new();
    private TaskCompletionSource _changed = New();

    /// <summary>This gateway's own address, as others know it; empty before it has joined.</summary>
    public string OwnAddress { get; set; } = "";

    public IReadOnlyCollection<GatewayPeer> Peers => [.. _peers.Values];

    public string? AddressOf(AppId app) => Of(app) is { IsHere: true } ? OwnAddress : Of(app).Peer?.Address;

    public bool IsElsewhere(AppId app) => Of(app).Peer is not null;

    public Place Of(AppId app) => _places.GetValueOrDefault(app);

    /// <summary>Completes with the next change. Taken before <see cref="Of"/> is asked, it misses none.</summary>
    public Task NextChange => Volatile.Read(ref _changed).Task;

    public GatewayPeer? PeerOf(Guid? gateway) => gateway is { } id && _peers.TryGetValue(id, out GatewayPeer? peer) ? peer : null;

    /// <summary>Puts the others in force; what goes on with one that has gone is cut after a while.</summary>
    public void SetPeers(IEnumerable<GatewayMember> others, TimeSpan patience)
    {
        Dictionary<Guid, GatewayMember> wanted = others.ToDictionary(m => m.Id);
        foreach (GatewayPeer gone in _peers.Values.Where(p => !wanted.ContainsKey(p.Id)))
        {
            _peers.TryRemove(gone.Id, out _);
            _ = EndAsync(gone, patience);
        }

        foreach (GatewayMember member in wanted.Values.Where(m => !_peers.ContainsKey(m.Id)))
        {
            _peers[member.Id] = new GatewayPeer(member, credentials, logger);
        }
    }

    public void Set(AppId app, Place place)
    {
        if (place == default)
        {
            _places.TryRemove(app, out _);
        }
        else
        {
            _places[app] = place;
        }
    }

    /// <summary>Wakes those that wait for a change.</summary>
    public void Tell() => Interlocked.Exchange(ref _changed, New()).TrySetResult();

    public void Dispose()
    {
        foreach (GatewayPeer peer in _peers.Values)
        {
            peer.Dispose();
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task EndAsync(GatewayPeer peer, TimeSpan patience)
    {
        await Task.Delay(patience, time).ConfigureAwait(false);
        peer.End();
        await Task.Delay(patience, time).ConfigureAwait(false);
        peer.Dispose();
    }
}
