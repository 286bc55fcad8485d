using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using InterCluster.Api.Homes;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;

namespace InterCluster.Api.Gateway;

/// <summary>How the data plane listens: limits of RELIABILITY D, and the socket layer of docs/decisions/0002.</summary>
internal static class GatewayListener
{
    /// <summary>
    /// The server with its socket layer, in a container of its own: the control plane's server keeps the stock one. Only its
    /// <c>IServer</c> is used; nothing of the host runs.
    /// </summary>
    public static IHost BuildHost(GatewayOptions options, bool takesHops, ILoggerFactory loggers, TimeProvider time) =>
        new HostBuilder().ConfigureWebHost(web => web
            .UseKestrelCore()
            .UseKestrelHttpsConfiguration()
            .UseSockets(transport => Configure(transport, options))
            .ConfigureKestrel(kestrel => Configure(kestrel, options, takesHops, time))
            .ConfigureServices(services => services.AddSingleton(loggers).AddSingleton<IMemoryPoolFactory<byte>, BlockPool>())
            .Configure(_ => { })).Build();

    private static void Configure(KestrelServerOptions kestrel, GatewayOptions options, bool takesHops, TimeProvider time)
    {
        kestrel.AddServerHeader = false;
        kestrel.AllowAlternateSchemes = true;
        kestrel.RequestHeaderEncodingSelector = static name => name == HeaderNames.ContentLength ? DigitsOnly.Instance : null;
        KestrelServerLimits limits = kestrel.Limits;
        limits.MaxRequestBodySize = options.MaxRequestBodyBytes;
        limits.MaxRequestHeadersTotalSize = options.MaxRequestHeaderBytes;
        limits.MaxRequestHeaderCount = GatewayOptions.MaxRequestHeaders;
        limits.MaxRequestLineSize = options.MaxRequestLineBytes;
        if (takesHops)
        {
            HopAllowance.AddTo(limits);
        }

        limits.RequestHeadersTimeout = options.RequestHeadersTimeout;
        limits.KeepAliveTimeout = options.KeepAliveTimeout;
        limits.MaxConcurrentConnections = options.MaxConnections;
        limits.MaxConcurrentUpgradedConnections = options.MaxConnections;
        limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: options.BodyRateGrace);
        // A reader may pause (a model's consumer thinks); one that does not come back is cut off.
        limits.MinResponseDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(30));
        limits.Http2.MaxStreamsPerConnection = 100;
        limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(15);
        foreach (string address in options.Addresses)
        {
            Listen(kestrel, new Uri(address.Replace("://*", "://[::]", StringComparison.Ordinal)), options, time);
        }
    }

    private static void Configure(SocketTransportOptions transport, GatewayOptions options)
    {
        transport.CreateBoundListenSocket = BindWithKeepAlive;
        if (options.InlineScheduling)
        {
            transport.UnsafePreferInlineScheduling = true;
            transport.IOQueueCount = 1;
        }
    }

    private static void Listen(KestrelServerOptions kestrel, Uri address, GatewayOptions options, TimeProvider time)
    {
        void Use(ListenOptions listen)
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            if (address.Scheme == Uri.UriSchemeHttps)
            {
                listen.UseHttps(Certificates(options));
            }
            else
            {
                listen.Use(next => new Http2PriorKnowledge(next, options.RequestHeadersTimeout, time).OnConnectionAsync);
            }
        }

        if (IPAddress.TryParse(address.Host.Trim('[', ']'), out IPAddress? ip))
        {
            kestrel.Listen(ip, address.Port, Use);
        }
        else
        {
            kestrel.ListenLocalhost(address.Port, Use);
        }
    }

    // The overload with the options needs no service of the web host, and sends the file's whole chain.
    private static HttpsConnectionAdapterOptions Certificates(GatewayOptions options)
    {
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(options.CertificatePath!);
        return new HttpsConnectionAdapterOptions
        {
            ServerCertificate = X509Certificate2.CreateFromPemFile(options.CertificatePath!, options.CertificateKeyPath),
            ServerCertificateChain = chain,
        };
    }

    // A peer that is gone without a word (half-open) is noticed by the kernel within 45 s, at no cost per message (RELIABILITY I26).
    private static Socket BindWithKeepAlive(EndPoint endpoint)
    {
        Socket socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 30);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 5);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
        return socket;
    }
}
