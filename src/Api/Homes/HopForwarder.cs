using System.Runtime.CompilerServices;
using InterCluster.Api.Gateway;
using InterCluster.Api.Invocations;
using InterCluster.Api.Problems;
using InterCluster.Api.WebSockets;
using InterCluster.Core.Naming;
using InterCluster.Core.Requests;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Forwarder;

namespace InterCluster.Api.Homes;

/// <summary>
/// Passes calls on to the home of their app: one hop, under a credential. A home that cannot be connected to, or says that it is none, has not let the call near
/// a replica: the call then waits here for the next one, its body still with its caller. Anything else is final: what a replica may have seen is not sent again.
/// </summary>
internal sealed class HopForwarder(
    HomeBoard board, IHttpForwarder forwarder, WorkerCredentials credentials, WebSocketTunnels tunnels, StreamWatch watch, IRequestLog requests, HomesMetrics metrics,
    GatewayMetrics gateway, TimeProvider time, IOptions<HomesOptions> homes, IOptions<GatewayOptions> options) : IMovedCalls
{
    // A change may be one that this process is not told of: another gateway has only just opened its doors.
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(250);
    private static readonly UriCreationOptions RawUri = new() { DangerousDisablePathAndQueryCanonicalization = true };
    private static readonly ForwarderRequestConfig Http1 = ConfigFor(System.Net.HttpVersion.Version11);
    private static readonly ForwarderRequestConfig Http2 = ConfigFor(System.Net.HttpVersion.Version20);

    private readonly TimeSpan _patience = homes.Value.Patience;
    private readonly long _maxWebSocketMessage = options.Value.MaxWebSocketMessageBytes;

    private enum HopEnd
    {
        Done,
        TryAgain,
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> ForwardAsync(IncomingCall call, CallForwarder here)
    {
        if (call.IsHop)
        {
            // Two gateways that take each other for the home must not play ball with a call.
            await RefuseHopAsync(call.Http).ConfigureAwait(false);
            return true;
        }

        long began = time.GetTimestamp();
        for (bool first = true; ; first = false)
        {
            Task change = board.NextChange;
            Place place = board.Of(call.Route!.App);
            // At first it is this gateway's admission that sent the call here: the board may be a moment behind it.
            if (place.IsHere && !first)
            {
                return await here.ForwardAsync(call).ConfigureAwait(false);
            }

            if (place.Peer is { } peer && await HopAsync(call, peer).ConfigureAwait(false) == HopEnd.Done)
            {
                return true;
            }

            if (call.Http.RequestAborted.IsCancellationRequested || time.GetElapsedTime(began) >= _patience)
            {
                await GiveUpAsync(call).ConfigureAwait(false);
                return true;
            }

            call.Http.Response.Clear();
            call.Http.Response.Headers[WireHeaders.RequestId] = call.RunIdText;
            await WaitAsync(change, place.IsHere, call.Http.RequestAborted).ConfigureAwait(false);
        }
    }

    /// <summary>Tells the gateway that passed a call on that this one is not the app's home.</summary>
    public static Task RefuseHopAsync(HttpContext http)
    {
        http.Response.Headers[HopHeaders.Refused] = HopHeaders.NotHome;
        return Problem.WriteAsync(
            http, StatusCodes.Status503ServiceUnavailable, ProblemCodes.Draining, "The app's home has moved.", retryable: true, retryAfter: Refusals.RetryAfter());
    }

    private static ForwarderRequestConfig ConfigFor(Version version) => new()
    {
        Version = version,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        // The home has the run's limit.
        ActivityTimeout = Timeout.InfiniteTimeSpan,
    };

    private async ValueTask WaitAsync(Task change, bool briefly, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        Task pause = Task.Delay(briefly ? LongestPause / 25 : LongestPause, time, limit.Token);
        await Task.WhenAny(change, pause).ConfigureAwait(false);
        await limit.CancelAsync().ConfigureAwait(false);
    }

    private async ValueTask<HopEnd> HopAsync(IncomingCall call, GatewayPeer peer)
    {
        HttpContext http = call.Http;
        var target = new Uri(string.Concat(peer.Address.AsSpan().TrimEnd('/'), HopHeaders.Prefix, call.Route!.Prefix, call.PathAndQuery), RawUri);
        using var hop = new HopCall(call, target, await credentials.MakeAsync(http.RequestAborted).ConfigureAwait(false), watch);
        using TunnelUpgradeFeature? tunnel = PrepareUpgrade(http, peer);
        bool multiplexed = HttpProtocol.IsHttp2(http.Request.Protocol) && !HttpMethods.IsConnect(http.Request.Method);
        ForwarderError error = await forwarder.SendAsync(http, peer.Address, peer.Invoker, multiplexed ? Http2 : Http1, hop, peer.Gone).ConfigureAwait(false);
        if (hop.WasNotHome || (IsConnectFailure(http, error) && !http.Response.HasStarted))
        {
            metrics.Hopped(hop.WasNotHome ? "not_home" : "unreachable");
            return HopEnd.TryAgain;
        }

        if (error == ForwarderError.None || http.Response.StatusCode == StatusCodes.Status101SwitchingProtocols)
        {
            call.IsAnswered = hop.Answered;
            metrics.Hopped("passed");
            return HopEnd.Done;
        }

        await ConcludeAsync(call, error).ConfigureAwait(false);
        return HopEnd.Done;
    }

    private TunnelUpgradeFeature? PrepareUpgrade(HttpContext http, GatewayPeer peer)
    {
        if (http.Request.Headers.Upgrade.Count == 0 || http.Features.Get<IHttpUpgradeFeature>() is not { } upgrade)
        {
            return null;
        }

        if (!WebSocketHandshake.IsAsked(http.Request))
        {
            http.Features.Set<IHttpUpgradeFeature>(NoUpgradeFeature.Instance);
            return null;
        }

        var tunnel = new TunnelUpgradeFeature((upgrade as TunnelUpgradeFeature)?.Client ?? upgrade, tunnels, peer.Stand, _maxWebSocketMessage);
        http.Features.Set<IHttpUpgradeFeature>(tunnel);
        return tunnel;
    }

    private static bool IsConnectFailure(HttpContext http, ForwarderError error) =>
        error == ForwarderError.Request && http.Features.Get<IForwarderErrorFeature>()?.Exception is HttpRequestException
        {
            HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError,
        };

    private async ValueTask ConcludeAsync(IncomingCall call, ForwarderError error)
    {
        HttpContext http = call.Http;
        BadHttpRequestException? bad = error is ForwarderError.RequestBodyClient or ForwarderError.RequestBodyCanceled ? CallForwarder.BadRequestIn(CallForwarder.ErrorOf(http)) : null;
        if (http.RequestAborted.IsCancellationRequested || (error == ForwarderError.RequestBodyClient && bad is null))
        {
            // The home hears of it as its own caller's leaving, and records the call.
            metrics.Hopped("abandoned");
            return;
        }

        metrics.Hopped("broken");
        if (http.Response.HasStarted)
        {
            http.Abort();
            return;
        }

        int status = bad?.StatusCode ?? StatusCodes.Status502BadGateway;
        string code = bad is null ? ProblemCodes.ReplicaUnreachable : GatewayApplication.CodeOf(status);
        await AnswerAsync(call, status, code, bad?.Message ?? "The connection to the app's home broke before its answer was complete.", retryable: false).ConfigureAwait(false);
    }

    private async ValueTask GiveUpAsync(IncomingCall call)
    {
        metrics.Hopped("no_home");
        gateway.Refused(ProblemCodes.Draining);
        await AnswerAsync(call, StatusCodes.Status503ServiceUnavailable, ProblemCodes.Draining, "The app is between two gateways.", retryable: true).ConfigureAwait(false);
    }

    // The home records what it was given; what did not get there is recorded here.
    private async ValueTask AnswerAsync(IncomingCall call, int status, string code, string detail, bool retryable)
    {
        HttpContext http = call.Http;
        http.Response.Clear();
        http.Response.Headers[WireHeaders.RequestId] = call.RunIdText;
        await Problem.WriteAsync(http, status, code, detail, retryable, retryable ? Refusals.RetryAfter() : null).ConfigureAwait(false);
        TimeSpan total = time.GetElapsedTime(call.StartedAt);
        gateway.Completed(call.Route!.App, status, total);
        requests.Record(new RequestRecord
        {
            Id = call.RunId,
            Function = new FunctionId(call.Route.App, call.Function),
            Time = time.GetUtcNow() - total,
            Method = http.Request.Method,
            Status = status,
            Code = code,
            Caller = call.Caller?.Name,
            Total = total,
            RequestBytes = http.Request.ContentLength ?? 0,
        });
    }
}
