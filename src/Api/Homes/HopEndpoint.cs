using System.Net;
using InterCluster.Api.Gateway;
using InterCluster.Api.Invocations;
using InterCluster.Api.Problems;
using InterCluster.Api.Routing;
using InterCluster.Core.Naming;
using InterCluster.Core.Routing;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace InterCluster.Api.Homes;

/// <summary>
/// Takes calls that other gateways pass on. They have matched, authenticated and cleaned them: here the request becomes again what the client sent, and goes
/// through the app's admission like any other. Without the credential, the path means nothing.
/// </summary>
internal sealed class HopEndpoint(RouteTable routes, WorkerCredentials credentials, CallForwarder forwarder, GatewayState state, TimeProvider time)
{
    /// <summary>True for a target that only gateways ask for.</summary>
    public static bool IsHop(HttpContext http) =>
        http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.StartsWith(HopHeaders.Prefix + "/v4/", StringComparison.Ordinal);

    public async ValueTask<bool> HandleAsync(GatewayContext context)
    {
        HttpContext http = context.Http;
        if (!await credentials.IsValidAsync(http.Request.Headers[HopHeaders.Credential], http.RequestAborted).ConfigureAwait(false))
        {
            await Problem.WriteAsync(http, StatusCodes.Status401Unauthorized, ProblemCodes.Unauthenticated, "Only gateways may call this.").ConfigureAwait(false);
            return true;
        }

        // The gateway before counts what the client sends; on the way here the body is in chunks, which count too.
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } body)
        {
            body.MaxRequestBodySize = null;
        }

        // A refusal of ours is told from an answer of the replica's, whose reserved headers do not get this far.
        http.Features.Set(HopMark.Instance);
        if (Read(context) is not { } call)
        {
            await Problem.WriteAsync(http, StatusCodes.Status400BadRequest, ProblemCodes.InvalidRequest, "The call that was passed on is malformed.").ConfigureAwait(false);
            return true;
        }

        http.Response.Headers[WireHeaders.RequestId] = call.RunIdText;
        if (call.Route is null || state.IsDraining)
        {
            await HopForwarder.RefuseHopAsync(http).ConfigureAwait(false);
            return true;
        }

        return await forwarder.ForwardAsync(call).ConfigureAwait(false);
    }

    private IncomingCall? Read(GatewayContext context)
    {
        HttpRequest request = context.Http.Request;
        string raw = context.Http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        RequestTarget target = RequestTarget.ParsePath(raw.AsSpan(HopHeaders.Prefix.Length));
        if (target.Kind != TargetKind.App || !RunId.TryParse(request.Headers[HopHeaders.Run], out RunId run))
        {
            return null;
        }

        routes.TryFind(target.Key, out AppRoute? route);
        Restore(context.Http);
        return new IncomingCall(context, run, time.GetTimestamp())
        {
            Route = route,
            Project = target.Project.ToString(),
            Function = route?.FunctionName(target.Function) ?? target.Function.ToString(),
            PathAndQuery = target.Path.IsEmpty ? string.Concat("/", target.Query) : string.Concat(target.Path, target.Query),
            Caller = HopHeaders.ReadCaller(request.Headers[HopHeaders.Caller]),
            IsHop = true,
        };
    }

    // As the client sent it: what is written for the replica is then the same as without the hop.
    private static void Restore(HttpContext http)
    {
        HttpRequest request = http.Request;
        IHeaderDictionary headers = request.Headers;
        request.Host = new HostString(headers[HopHeaders.Host].ToString());
        request.Scheme = headers[HopHeaders.Scheme] == "https" ? "https" : "http";
        http.Connection.RemoteIpAddress = IPAddress.TryParse(headers[HopHeaders.Client], out IPAddress? client) ? client : null;
        if (long.TryParse(headers[HopHeaders.Length], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out long length))
        {
            headers.TransferEncoding = default;
            request.ContentLength = length;
        }

        headers.Remove(WireHeaders.RequestId);
        if (headers.TryGetValue(HopHeaders.Parent, out var parent))
        {
            headers[WireHeaders.RequestId] = parent;
        }
    }
}

/// <summary>Says that a request was passed on by another gateway.</summary>
internal sealed class HopMark
{
    public static readonly HopMark Instance = new();
}
