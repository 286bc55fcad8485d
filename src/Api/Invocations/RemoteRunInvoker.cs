using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using InterCluster.Core.Admission;
using InterCluster.Core.Runs;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace InterCluster.Api.Invocations;

/// <summary>
/// Has runs carried out by the gateway of another process, over HTTP: the slot is taken there, as for every other call. What never reached the gateway, and what
/// it refused, is no attempt; a connection that breaks after the run was sent is one: the function may have been called.
/// </summary>
internal sealed partial class RemoteRunInvoker : IRunInvoker, IDisposable
{
    private readonly HttpMessageInvoker _http;
    private readonly WorkerCredentials _credentials;
    private readonly ILogger<RemoteRunInvoker> _logger;
    private readonly Uri _gateway;
    private readonly bool _isHop;

    public RemoteRunInvoker(WorkerCredentials credentials, IOptions<RemoteInvokerOptions> options, ILogger<RemoteRunInvoker> logger)
        : this(credentials, options, logger, isHop: false)
    {
    }

    /// <param name="credentials">Shows the gateway who asks.</param>
    /// <param name="options">Where the gateway is.</param>
    /// <param name="logger">The log.</param>
    /// <param name="isHop">True for a gateway that passes on what it was asked for itself.</param>
    public RemoteRunInvoker(WorkerCredentials credentials, IOptions<RemoteInvokerOptions> options, ILogger<RemoteRunInvoker> logger, bool isHop)
    {
        _isHop = isHop;
        (_credentials, _logger, _gateway) = (credentials, logger, options.Value.GatewayUrl);
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
            ConnectTimeout = options.Value.ConnectTimeout,
            // Shorter than the gateway's keep-alive: a run must not race its close.
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(20),
            ConnectCallback = ConnectAsync,
        });
    }

    /// <inheritdoc/>
    public async ValueTask<InvocationResult> InvokeAsync(ClaimedRun run, CancellationToken stopWaiting, CancellationToken ct)
    {
        await using CancellationTokenRegistration stop = stopWaiting.UnsafeRegister(_ => _ = StopWaitingAsync(run), null);
        try
        {
            using HttpRequestMessage request = await RequestAsync(InvocationEndpoints.Path, InvocationFrame.Write(run), ct);
            using HttpResponseMessage answer = await _http.SendAsync(request, ct);
            if (answer.StatusCode == HttpStatusCode.OK)
            {
                return InvocationFrame.ReadResult(await answer.Content.ReadAsByteArrayAsync(ct));
            }

            LogRefused(_logger, _gateway, (int)answer.StatusCode);
            return Refused;
        }
        catch (Exception) when (ct.IsCancellationRequested)
        {
            throw new OperationCanceledException("The call was abandoned.", ct);
        }
        catch (HttpRequestException e) when (IsConnectFailure(e))
        {
            LogUnreachable(_logger, _gateway, e);
            return Refused;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or InvalidDataException)
        {
            LogBroken(_logger, run.Id.Value, run.Attempt, e);
            return new InvocationResult(InvocationOutcome.Unreachable);
        }
    }

    public void Dispose() => _http.Dispose();

    private static InvocationResult Refused => new(InvocationOutcome.Refused, Refusal: Refusal.Draining);

    private static bool IsConnectFailure(HttpRequestException e) =>
        e.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError;

    // A gateway that is gone without a word is noticed by the kernel: a run may be silent for hours.
    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 30);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 5);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
            await socket.ConnectAsync(context.DnsEndPoint, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async ValueTask<HttpRequestMessage> RequestAsync(string path, byte[] frame, CancellationToken ct)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_gateway, path)) { Content = new ByteArrayContent(frame) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(InvocationFrame.MediaType);
        request.Headers.TryAddWithoutValidation("Authorization", await _credentials.MakeAsync(ct));
        if (_isHop)
        {
            request.Headers.TryAddWithoutValidation(InvocationEndpoints.HopHeader, "1");
        }

        return request;
    }

    private async Task StopWaitingAsync(ClaimedRun run)
    {
        try
        {
            using HttpRequestMessage request = await RequestAsync(InvocationEndpoints.StopWaitingPath(run.Id, run.Lease), [], CancellationToken.None);
            using HttpResponseMessage answer = await _http.SendAsync(request, CancellationToken.None);
        }
        catch (Exception e)
        {
            // The run then waits until this worker's own grace is over.
            LogUnreachable(_logger, _gateway, e);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The gateway {Gateway} answered an invocation with {Status}; the run goes back")]
    private static partial void LogRefused(ILogger logger, Uri gateway, int status);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The gateway {Gateway} cannot be reached; its runs go back")]
    private static partial void LogUnreachable(ILogger logger, Uri gateway, Exception exception);

    [LoggerMessage(Level = LogLevel.Information, Message = "Run {RunId}, attempt {Attempt}: the connection to the gateway broke")]
    private static partial void LogBroken(ILogger logger, Guid runId, int attempt, Exception exception);
}
