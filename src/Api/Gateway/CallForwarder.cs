using System.Runtime.CompilerServices;
using InterCluster.Api.Forwarding;
using InterCluster.Api.Problems;
using InterCluster.Api.WebSockets;
using InterCluster.Core.Admission;
using InterCluster.Core.Naming;
using InterCluster.Core.Replicas;
using InterCluster.Core.Requests;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace InterCluster.Api.Gateway;

/// <summary>Takes a slot, forwards the call to its replica, gives the slot back exactly once, and records what happened.</summary>
internal sealed class CallForwarder(
    IHttpForwarder forwarder, IReplicaFaults faults, WebSocketTunnels tunnels, StreamWatch watch, IRequestLog requests, IMovedCalls moved, GatewayMetrics metrics, TimeProvider time,
    Microsoft.Extensions.Options.IOptions<GatewayOptions> options)
{
    // A body of unknown length is counted with what the server reads ahead of us at most.
    private const long ReadAheadBytes = 1 << 20;
    private const int MaxReplicasTried = 3;

    private static readonly ForwarderRequestConfig Http1 = ConfigFor(System.Net.HttpVersion.Version11);
    private static readonly ForwarderRequestConfig Http2 = ConfigFor(System.Net.HttpVersion.Version20);
    private readonly long _maxWebSocketMessage = options.Value.MaxWebSocketMessageBytes;

    /// <summary>Always true: the call is answered, one way or another.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> ForwardAsync(IncomingCall call)
    {
        HttpContext http = call.Http;
        IAdmission admission = call.Route!.Admission;
        var request = new CallRequest(CallClass.Sync, Math.Min(http.Request.ContentLength ?? BodylessOr(http), ReadAheadBytes));
        for (int tried = 1; ; tried++)
        {
            AdmissionResult admitted = await admission.AdmitAsync(request, http.RequestAborted).ConfigureAwait(false);
            if (admitted.Waited > TimeSpan.Zero)
            {
                metrics.Queued(call.Route.App, admitted.Waited, admitted.ColdStart);
            }

            if (admitted.Refusal == Refusal.Moved)
            {
                return await moved.ForwardAsync(call, this).ConfigureAwait(false);
            }

            if (!admitted.Granted)
            {
                await RefuseAsync(call, admitted).ConfigureAwait(false);
                return true;
            }

            bool untouched = await ForwardOnceAsync(call, admitted, mayTryAnother: tried < MaxReplicasTried).ConfigureAwait(false);
            if (!untouched)
            {
                return true;
            }

            http.Response.Clear();
        }
    }

    private static long BodylessOr(HttpContext http) => http.Request.Headers.TransferEncoding.Count > 0 ? ReadAheadBytes : 0;

    private static ForwarderRequestConfig ConfigFor(Version version) => new()
    {
        Version = version,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        // The run has its own limit; a silent stream is not a dead one.
        ActivityTimeout = Timeout.InfiniteTimeSpan,
    };

    // True when the replica could not be connected to, nothing was sent, and another may be tried.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> ForwardOnceAsync(IncomingCall call, AdmissionResult admitted, bool mayTryAnother)
    {
        Replica replica = admitted.Slot.Replica;
        ReplicaTransport transport = ReplicaTransport.For(replica, time);
        CallDeadline deadline = CallDeadline.Rent(time);
        deadline.Start(call.Route!.ResponseGracePeriod);
        var forwarded = new ForwardedCall(call.Route, call.RunIdText, call.Context.RemoteAddress, call.Caller, transport.Targets.Of(call.PathAndQuery), deadline, watch);
        TunnelUpgradeFeature? tunnel = PrepareUpgrade(call.Http, replica);
        ReplicaCall hold = transport.BeginCall(admitted.Slot, deadline, mayFinish: tunnel is null, IsBodyless(call.Http));
        bool complete = false;
        try
        {
            ForwarderError error = await SendAsync(call, replica, transport, forwarded, hold, deadline.Token).ConfigureAwait(false);
            if (error != ForwarderError.None && !hold.MayHaveReachedReplica && UnclaimedWriteException.IsIn(ErrorOf(call.Http)))
            {
                call.Http.Response.Clear();
                hold.Flow();
                error = await SendAsync(call, replica, transport, forwarded, hold, deadline.Token).ConfigureAwait(false);
            }

            if (error == ForwarderError.None && !forwarded.Upgraded)
            {
                complete = true;
                call.IsAnswered = true;
                Record(call, admitted, call.Http.Response.StatusCode, code: null);
                return false;
            }

            return await ConcludeAsync(call, admitted, forwarded, error, hold, deadline.IsOver, mayTryAnother).ConfigureAwait(false);
        }
        finally
        {
            tunnel?.Dispose();
            forwarded.Dispose();
            hold.End(complete);
        }
    }

    private ValueTask<ForwarderError> SendAsync(
        IncomingCall call, Replica replica, ReplicaTransport transport, ForwardedCall forwarded, ReplicaCall hold, CancellationToken ct)
    {
        using ReplicaCall.SendingScope scope = ReplicaCall.Sending(hold);
        return forwarder.SendAsync(call.Http, replica.Address, transport.Invoker, transport.IsMultiplexed ? Http2 : Http1, forwarded, ct);
    }

    private static bool IsBodyless(HttpContext http) =>
        http.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false } && http.Request.Headers.Upgrade.Count == 0;

    internal static Exception? ErrorOf(HttpContext http) => http.Features.Get<IForwarderErrorFeature>()?.Exception;

    private TunnelUpgradeFeature? PrepareUpgrade(HttpContext http, Replica replica)
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

        // A second try on another replica starts from the server's own feature again.
        var tunnel = new TunnelUpgradeFeature((upgrade as TunnelUpgradeFeature)?.Client ?? upgrade, tunnels, replica, _maxWebSocketMessage);
        http.Features.Set<IHttpUpgradeFeature>(tunnel);
        return tunnel;
    }

    private async ValueTask<bool> ConcludeAsync(
        IncomingCall call, AdmissionResult admitted, ForwardedCall forwarded, ForwarderError error, ReplicaCall hold, bool overran, bool mayTryAnother)
    {
        HttpContext http = call.Http;
        if (forwarded.Upgraded)
        {
            Record(call, admitted, StatusCodes.Status101SwitchingProtocols, code: null);
            return false;
        }

        Exception? exception = ErrorOf(http);
        if (!overran && HasCallerLeft(http, error, exception))
        {
            metrics.Abandoned(call.Route!.App);
            Record(call, admitted, StatusCodes.Status499ClientClosedRequest, code: null);
            return false;
        }

        (int status, string code) = Classify(error, exception, overran);
        if (code == ProblemCodes.ReplicaUnreachable && !forwarded.Answered && IsConnectFailure(exception) && !hold.MayHaveReachedReplica)
        {
            faults.Unreachable(admitted.Slot.Replica);
            if (mayTryAnother && !http.Response.HasStarted)
            {
                return true;
            }
        }

        await AnswerAsync(call, status, code).ConfigureAwait(false);
        Record(call, admitted, status, code);
        return false;
    }

    // A lost upload is noticed by the one who reads it before the server tells that the connection is gone.
    private static bool HasCallerLeft(HttpContext http, ForwarderError error, Exception? exception) =>
        http.RequestAborted.IsCancellationRequested || (error == ForwarderError.RequestBodyClient && BadRequestIn(exception) is null);

    private static (int Status, string Code) Classify(ForwarderError error, Exception? exception, bool overran)
    {
        if (overran)
        {
            return (StatusCodes.Status504GatewayTimeout, ProblemCodes.RunTimeout);
        }

        if (error is ForwarderError.RequestBodyClient or ForwarderError.RequestBodyCanceled && BadRequestIn(exception) is { } bad)
        {
            return (bad.StatusCode, GatewayApplication.CodeOf(bad.StatusCode));
        }

        if (error == ForwarderError.RequestBodyClient)
        {
            // A chunk's size that overflows is an I/O error to the server, and still the caller's.
            return (StatusCodes.Status400BadRequest, ProblemCodes.InvalidRequest);
        }

        return (StatusCodes.Status502BadGateway, ProblemCodes.ReplicaUnreachable);
    }

    internal static BadHttpRequestException? BadRequestIn(Exception? exception)
    {
        for (; exception is not null; exception = exception is AggregateException many ? many.InnerExceptions[0] : exception.InnerException)
        {
            if (exception is BadHttpRequestException bad)
            {
                return bad;
            }
        }

        return null;
    }

    private static bool IsConnectFailure(Exception? exception) =>
        exception is HttpRequestException
        {
            HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError,
        };

    private static async ValueTask AnswerAsync(IncomingCall call, int status, string code)
    {
        HttpContext http = call.Http;
        if (http.Response.HasStarted)
        {
            // The head is gone and promised a body: a clean end would be a lie.
            http.Abort();
            return;
        }

        http.Response.Clear();
        http.Response.Headers[WireHeaders.RequestId] = call.RunIdText;
        string detail = code switch
        {
            ProblemCodes.RunTimeout => $"The run took longer than response_grace_period ({call.Route!.ResponseGracePeriod.TotalSeconds:0.###} s).",
            ProblemCodes.ReplicaUnreachable => "The connection to the replica broke before its answer was complete.",
            _ => "The request's body could not be read to its end.",
        };
        await Problem.WriteAsync(http, status, code, detail, retryable: false).ConfigureAwait(false);
    }

    private async ValueTask RefuseAsync(IncomingCall call, AdmissionResult admitted)
    {
        (int status, string code) = Refusals.Describe(admitted.Refusal);
        if (admitted.Refusal != Refusal.Cancelled)
        {
            metrics.Refused(code);
            await Problem.WriteAsync(
                call.Http, status, code, RefusalDetail.For(admitted.Refusal, call.Route!.Revision.Config.Scaling), retryable: true,
                retryAfter: status == StatusCodes.Status503ServiceUnavailable ? Refusals.RetryAfter() : null).ConfigureAwait(false);
        }

        Record(call, admitted, status, code.Length == 0 ? null : code);
    }

    private void Record(IncomingCall call, AdmissionResult admitted, int status, string? code)
    {
        TimeSpan total = time.GetElapsedTime(call.StartedAt);
        AppId app = call.Route!.App;
        metrics.Completed(app, status, total);
        HttpRequest request = call.Http.Request;
        requests.Record(new RequestRecord
        {
            Id = call.RunId,
            Function = new FunctionId(app, call.Function),
            Time = time.GetUtcNow() - total,
            Method = request.Method,
            Status = status,
            Code = code,
            Caller = call.Caller?.Name,
            Replica = admitted.Granted ? admitted.Slot.Replica.Id.Value : null,
            Queued = admitted.Waited,
            Total = total,
            RequestBytes = request.ContentLength ?? 0,
            ResponseBytes = call.Http.Response.ContentLength ?? 0,
            ColdStart = admitted.ColdStart,
            ParentRequestId = request.Headers.TryGetValue(WireHeaders.RequestId, out var parent) && RequestIds.IsAcceptable(parent) ? parent[0] : null,
        });
    }
}
