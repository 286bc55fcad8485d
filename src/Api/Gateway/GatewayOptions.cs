using System.ComponentModel.DataAnnotations;

namespace InterCluster.Api.Gateway;

/// <summary>The data plane's settings (<c>InterCluster:Gateway</c>).</summary>
public sealed class GatewayOptions
{
    public const string Section = "InterCluster:Gateway";

    /// <summary>Header fields of a request at most. Over it: 431.</summary>
    internal const int MaxRequestHeaders = 100;

    /// <summary>Where calls come in: <c>http://address:port</c> or <c>https://address:port</c>. Default loopback, port 8080: plain HTTP beyond loopback is a decision.</summary>
    public string[] Listen { get; set; } = [];

    /// <summary>The addresses in force. (The binder adds to an array and does not replace it: the default cannot stand in the property.)</summary>
    public IReadOnlyList<string> Addresses => Listen.Length > 0 ? Listen : ["http://127.0.0.1:8080"];

    /// <summary>PEM file of the certificate (chain) for <c>https</c> addresses.</summary>
    public string? CertificatePath { get; set; }

    /// <summary>PEM file of the certificate's key.</summary>
    public string? CertificateKeyPath { get; set; }

    /// <summary>Bytes of a request body at most. Default 10 MB. Over it: 413.</summary>
    [Range(1, long.MaxValue)]
    public long MaxRequestBodyBytes { get; set; } = 10_000_000;

    /// <summary>Bytes of a request's header block at most. Default 32 KiB. Over it: 431.</summary>
    [Range(1024, 1 << 20)]
    public int MaxRequestHeaderBytes { get; set; } = 32 * 1024;

    /// <summary>Bytes of a request line at most. Default 8 KiB. Over it: 414.</summary>
    [Range(256, 1 << 16)]
    public int MaxRequestLineBytes { get; set; } = 8 * 1024;

    /// <summary>Bytes of one WebSocket message from a client at most. Default 16 MiB; frames are passed on as they come, never gathered. Over it: close 1009.</summary>
    [Range(1024, long.MaxValue)]
    public long MaxWebSocketMessageBytes { get; set; } = 16L << 20;

    /// <summary>How long a connection may take for a request's headers, and for its first byte. Default 10 s. Over it: 408, or the connection ends.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan RequestHeadersTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a connection may be idle between two requests. Default 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan KeepAliveTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a request's body may come at less than 240 bytes a second. Default 5 s. Over it: 408.</summary>
    [Range(typeof(TimeSpan), "00:00:02", "00:10:00")]
    public TimeSpan BodyRateGrace { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Connections at most, of both kinds. Default 50 000.</summary>
    [Range(1, int.MaxValue)]
    public int MaxConnections { get; set; } = 50_000;

    /// <summary>How long calls in flight may go on after a stop was asked for. Default 30 s. WebSockets get a close frame within it.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "12:00:00")]
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the gateway goes on taking calls after readiness went off, for load balancers to notice. Default 0.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan DrainDelay { get; set; } = TimeSpan.Zero;

    /// <summary>
    /// Addresses and networks (<c>10.0.0.5</c>, <c>10.1.0.0/16</c>) of proxies in front: what they say in <c>X-Forwarded-For</c> and <c>X-Forwarded-Proto</c> is believed, hop by
    /// hop as far as the hops are listed. Default none: such fields are dropped, whoever sends them.
    /// </summary>
    public string[] TrustedProxies { get; set; } = [];

    /// <summary>
    /// Handle requests on the I/O threads (docs/decisions/0002). Default true; false puts every step on the thread pool, as the stock server does.
    /// </summary>
    public bool InlineScheduling { get; set; } = true;
}
