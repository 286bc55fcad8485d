using System.Net;
using System.Net.Sockets;
using InterCluster.Core.Admission;
using InterCluster.Core.Apps;
using InterCluster.Core.Replicas;

namespace InterCluster.Api.Forwarding;

/// <summary>The gateway's connections to one replica: made by its first call, gone with the replica.</summary>
internal sealed class ReplicaTransport : IDisposable
{
    /// <summary>
    /// How long an idle connection is kept. Shorter than the keep-alive of the usual servers (gunicorn 2 s, uvicorn and Node 5 s): a request must not race
    /// the replica's own close, because it is never sent twice.
    /// </summary>
    public static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(1.5);

    private readonly SocketsHttpHandler _handler;
    private readonly TimeProvider _time;
    private readonly bool _guarded;
    private readonly bool _finishes;
    private readonly IdleConnections _idle = new();

    private ReplicaTransport(Replica replica, TimeProvider time)
    {
        _time = time;
        _finishes = !replica.StopsAbandonedCalls;
        _handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            EnableMultipleHttp2Connections = true,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            PooledConnectionIdleTimeout = IdleTimeout,
            PooledConnectionLifetime = Timeout.InfiniteTimeSpan,
            MaxResponseHeadersLength = 64,
            // The connection of an answer that nobody reads is dropped, not read to its end.
            MaxResponseDrainSize = 0,
        };
        Targets = new TargetUris(replica.Address);
        IsMultiplexed = replica.Protocol == ReplicaProtocol.Http2;
        bool tls = replica.Address.StartsWith("https:", StringComparison.Ordinal);
        _guarded = !IsMultiplexed && !tls;
        if (_guarded)
        {
            _handler.ConnectCallback = (context, ct) => ConnectAsync(context.DnsEndPoint, _idle, time, ct);
        }

        HttpMessageHandler sender = new ReplicaSender(_handler, time);
        Invoker = new HttpMessageInvoker(tls && !IsMultiplexed ? new BodylessOnce(sender) : sender, disposeHandler: true);
    }

    public HttpMessageInvoker Invoker { get; }

    /// <summary>The addresses on this replica.</summary>
    public TargetUris Targets { get; }

    public bool IsMultiplexed { get; }

    /// <summary>The version to ask the replica for.</summary>
    public Version Version => IsMultiplexed ? HttpVersion.Version20 : HttpVersion.Version11;

    /// <summary>The replica's connections.</summary>
    public static ReplicaTransport For(Replica replica, TimeProvider time) =>
        (ReplicaTransport)(replica.Transport ?? replica.SetTransport(new ReplicaTransport(replica, time)));

    /// <summary>
    /// Begins a call's hold on its slot. Its connection is guarded where a call has one to itself and its bytes can be told from those of a TLS handshake.
    /// </summary>
    /// <param name="slot">The call's slot: given back by <see cref="ReplicaCall.End"/>.</param>
    /// <param name="deadline">The run's time limit, running.</param>
    /// <param name="mayFinish">False: the replica is told as soon as the call is cut short, whatever the app's file says.</param>
    /// <param name="bodyless">
    /// True when the whole request is written at once. Only such a call may count on an idle connection: it can be made again
    /// when there was none after all, and nothing of its body is lost.
    /// </param>
    public ReplicaCall BeginCall(Slot slot, CallDeadline deadline, bool mayFinish, bool bodyless)
    {
        var call = new ReplicaCall(slot, deadline, _time, _guarded, _finishes && mayFinish);
        return _guarded && !(bodyless && _idle.Any) ? call.Flow() : call;
    }

    public void Dispose() => Invoker.Dispose();

    private static async ValueTask<Stream> ConnectAsync(DnsEndPoint target, IdleConnections idle, TimeProvider time, CancellationToken ct)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(target, ct).ConfigureAwait(false);
            return new ReplicaStream(socket, idle, time);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
