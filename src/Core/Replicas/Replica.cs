using InterCluster.Core.Naming;

namespace InterCluster.Core.Replicas;

/// <summary>The id of one running copy; never used again.</summary>
/// <param name="Value">A short unique text, also the name of its log.</param>
public readonly record struct ReplicaId(string Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value;
}

/// <summary>One running copy of a revision, with an address: what admission hands out slots of. Immutable but for <see cref="Transport"/>.</summary>
/// <param name="id">The replica's id.</param>
/// <param name="app">The app.</param>
/// <param name="revision">The revision's number.</param>
/// <param name="address">Scheme, host and port, without a slash at the end.</param>
/// <param name="concurrency">Its slots: calls in flight at most.</param>
/// <param name="protocol">What the gateway speaks to it.</param>
#pragma warning disable CA1001 // The source has no timer and nobody waits on its handle: there is nothing to dispose.
public sealed class Replica(
    ReplicaId id, AppId app, int revision, string address, int concurrency, Apps.ReplicaProtocol protocol = Apps.ReplicaProtocol.Http1)
#pragma warning restore CA1001
{
    private readonly CancellationTokenSource _draining = new();
    private IDisposable? _transport;

    /// <summary>The replica's id.</summary>
    public ReplicaId Id { get; } = id;

    /// <summary>The app.</summary>
    public AppId App { get; } = app;

    /// <summary>The revision's number.</summary>
    public int Revision { get; } = revision;

    /// <summary>Scheme, host and port, without a slash at the end.</summary>
    public string Address { get; } = address;

    /// <summary>Its slots.</summary>
    public int Concurrency { get; } = concurrency;

    /// <summary>What the gateway speaks to it.</summary>
    public Apps.ReplicaProtocol Protocol { get; } = protocol;

    /// <summary>See <see cref="Apps.RuntimeConfig.StopsAbandonedCalls"/>.</summary>
    public bool StopsAbandonedCalls { get; init; }

    /// <summary>
    /// The gateway's connections to this replica, opaque to the core; made by the first call and disposed by whoever removes the replica
    /// from its admission.
    /// </summary>
    public IDisposable? Transport => Volatile.Read(ref _transport);

    /// <summary>Cancelled when the replica begins to drain: long-lived calls are asked to come back elsewhere.</summary>
    public CancellationToken Draining => _draining.Token;

    /// <summary>See <see cref="Draining"/>. Handlers run on the thread pool.</summary>
    public void MarkDraining() => _ = _draining.CancelAsync();

    /// <summary>Sets the transport unless there is one, and returns the one in force; the loser of a race is disposed.</summary>
    public IDisposable SetTransport(IDisposable transport)
    {
        IDisposable? winner = Interlocked.CompareExchange(ref _transport, transport, null);
        if (winner is null)
        {
            return transport;
        }

        transport.Dispose();
        return winner;
    }
}
