using System.Net;
using System.Net.Sockets;
using InterCluster.Api.Forwarding;
using InterCluster.Api.Invocations;
using InterCluster.Core.Gateways;
using InterCluster.Core.Naming;
using InterCluster.Core.Replicas;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace InterCluster.Api.Homes;

/// <summary>Another gateway, and this one's connections to it.</summary>
internal sealed class GatewayPeer : IDisposable
{
    private static readonly AppId NoApp = new("", "");
    private readonly CancellationTokenSource _gone = new();
    private readonly RemoteRunInvoker _runs;

    public GatewayPeer(GatewayMember member, WorkerCredentials credentials, ILogger<RemoteRunInvoker> logger)
    {
        Id = member.Id;
        Address = member.Address;
        Handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            EnableMultipleHttp2Connections = true,
            ConnectTimeout = TimeSpan.FromSeconds(2),
            // A body stays with the caller until the home has a slot for it: a call that is turned away there can go to the next home whole.
            Expect100ContinueTimeout = Timeout.InfiniteTimeSpan,
            // Shorter than the gateway's own keep-alive: a call must not race its close.
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(20),
            KeepAlivePingDelay = TimeSpan.FromSeconds(15),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
            MaxResponseHeadersLength = 128,
            MaxResponseDrainSize = 0,
            ConnectCallback = ConnectAsync,
        };
        Invoker = new HttpMessageInvoker(new BodylessOnce(Handler), disposeHandler: true);
        Stand = new Replica(new ReplicaId($"gateway-{Id:N}"), NoApp, 0, Address, 1);
        _runs = new RemoteRunInvoker(credentials, Options.Create(new RemoteInvokerOptions { GatewayUrl = new Uri(Address) }), logger, isHop: true);
    }

    public Guid Id { get; }

    public string Address { get; }

    public HttpMessageInvoker Invoker { get; }

    /// <summary>What stands for the home's replica where a tunnel wants to know one.</summary>
    public Replica Stand { get; }

    /// <summary>Cancelled a while after its lease has ended: what is still under way there has no way back.</summary>
    public CancellationToken Gone => _gone.Token;

    public RemoteRunInvoker Runs => _runs;

    private SocketsHttpHandler Handler { get; }

    public void End() => _ = _gone.CancelAsync();

    public void Dispose()
    {
        Invoker.Dispose();
        _runs.Dispose();
        _gone.Dispose();
    }

    // A gateway whose machine is gone without a word is noticed by the kernel: a call may be silent for hours.
    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 15);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 5);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
            await socket.ConnectAsync(context.DnsEndPoint, ct).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
