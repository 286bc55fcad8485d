using System.Net;
using System.Net.Sockets;
using InterCluster.Core.Apps;
using Microsoft.Extensions.Options;

namespace InterCluster.Replicas.Probing;

/// <summary>What a probe found.</summary>
internal readonly record struct ProbeResult(bool Ok, string? Detail)
{
    public static ProbeResult Good => new(true, null);
}

/// <summary>Asks a replica how it is: a GET that must answer 2xx or 3xx, or (without a path) a TCP connection.</summary>
internal interface IProber
{
    Task<ProbeResult> ProbeAsync(string address, string path, ReplicaProtocol protocol, CancellationToken ct);
}

internal sealed class Prober : IProber, IDisposable
{
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _client;

    public Prober(IOptions<ReplicasOptions> options, TimeProvider time)
    {
        _timeout = options.Value.ProbeTimeout;
        _time = time;
        _client = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,

            // No connection is kept: an app with one thread would be held up by it.
            PooledConnectionLifetime = TimeSpan.Zero,
        });
    }

    public async Task<ProbeResult> ProbeAsync(string address, string path, ReplicaProtocol protocol, CancellationToken ct)
    {
        using var timeout = new CancellationTokenSource(_timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, ct);
        try
        {
            var uri = new Uri(address);
            return path.Length == 0 ? await ConnectAsync(uri, either.Token) : await GetAsync(new Uri(uri, path), protocol, either.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return new ProbeResult(false, $"no answer from {Shown(path)} within {_timeout.TotalSeconds} s");
        }
        catch (Exception error) when (error is SocketException or HttpRequestException or IOException)
        {
            return new ProbeResult(false, $"{Shown(path)}: {error.GetBaseException().Message}");
        }
        finally
        {
            // Socket completions may run on an I/O thread, which must not be kept by what follows.
            await Task.Yield();
        }
    }

    public void Dispose() => _client.Dispose();

    private static async Task<ProbeResult> ConnectAsync(Uri uri, CancellationToken ct)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(uri.Host, uri.Port, ct);
        return ProbeResult.Good;
    }

    private async Task<ProbeResult> GetAsync(Uri uri, ReplicaProtocol protocol, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, uri)
        {
            Version = protocol == ReplicaProtocol.Http2 ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.UserAgent.ParseAdd("InterCluster-Probe");
        request.Headers.ConnectionClose = protocol == ReplicaProtocol.Http1;
        using HttpResponseMessage response = await _client.SendAsync(request, ct);
        int status = (int)response.StatusCode;
        return status is >= 200 and < 400 ? ProbeResult.Good : new ProbeResult(false, $"{Shown(uri.AbsolutePath)}: status {status}");
    }

    private static string Shown(string path) => path.Length == 0 ? "TCP" : $"GET {path}";
}
