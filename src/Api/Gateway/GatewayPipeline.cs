using InterCluster.Api.Homes;
using InterCluster.Api.Problems;
using InterCluster.Api.Routing;
using InterCluster.Api.WebSockets;
using InterCluster.Core.Identity;
using InterCluster.Core.Naming;
using InterCluster.Core.Routing;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace InterCluster.Api.Gateway;

/// <summary>
/// The data path, step by step: match the raw target, authenticate, then forward through the app's admission or store a run. Runs on the I/O
/// threads: nothing here blocks, and what would is handed to the thread pool (DESIGN.md, "Data path").
/// </summary>
internal sealed class GatewayPipeline(
    RouteTable routes, ICallerAuthenticator authenticator, CallForwarder forwarder, IAsyncCalls asyncCalls, IWebhookCalls webhooks, GatewayState state,
    GatewayMetrics metrics, TimeProvider time, IOptions<GatewayOptions> options, HopEndpoint? hops = null)
{
    private readonly GatewayOptions _options = options.Value;

    /// <summary>Handles a call to an app; false when the request is for another endpoint.</summary>
    public ValueTask<bool> TryHandleAsync(GatewayContext context)
    {
        HttpContext http = context.Http;
        if (RequestGuard.Check(http, _options.MaxRequestBodyBytes) is { } bad)
        {
            return RefuseAsync(http, bad);
        }

        RequestTarget target = Match(http, stackalloc char[HostTarget.MaxKey]);
        if (target.Kind == TargetKind.Other)
        {
            return hops is not null && HopEndpoint.IsHop(http) ? hops.HandleAsync(context) : new ValueTask<bool>(false);
        }

        if (hops is not null && HopAllowance.Check(http, _options) is { } excess)
        {
            return RefuseAsync(http, excess);
        }

        if (target.Kind == TargetKind.Malformed || !PathRules.IsAcceptedQuery(target.Query) || !ReservedQuery.TryParse(target.Query, out ReservedQuery query))
        {
            return RefuseAsync(http, new BadRequest(StatusCodes.Status400BadRequest, ProblemCodes.InvalidRequest, "The path or the query is malformed."));
        }

        // The route is looked up first only to learn whether the app is open; a caller without rights sees the same answer with and without it.
        routes.TryFind(target.Key, out AppRoute? route);
        var call = new IncomingCall(context, RunId.New(time), time.GetTimestamp())
        {
            Route = route,
            Project = route?.App.Project ?? target.Project.ToString(),
            Function = FunctionOf(target, route),
            PathAndQuery = PathAndQueryOf(target, query),
            IsAsync = query.IsAsync || AsksForAsync(http.Request),
            WebhookEndpoint = query.WebhookEndpoint,
        };
        http.Response.Headers[WireHeaders.RequestId] = call.RunIdText;
        if (route is { AuthDisabled: true })
        {
            return DispatchAsync(call);
        }

        string? authorization = http.Request.Headers.Authorization;
        if (authorization is not null && authenticator.TryRemembered(authorization, out Caller? caller))
        {
            call.Caller = caller;
            return AuthorizeAsync(call);
        }

        return AuthenticateAsync(call, authorization);
    }

    private static RequestTarget Match(HttpContext http, Span<char> keyBuffer)
    {
        string raw = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!TryOriginForm(raw, out ReadOnlySpan<char> target))
        {
            return RequestTarget.Malformed;
        }

        return HostTarget.TryParse(http.Request.Host.Value, keyBuffer, out int length)
            ? RequestTarget.ParseForHost(target, keyBuffer[..length].ToString())
            : RequestTarget.ParsePath(target);
    }

    // An absolute-form target names the host that the server has already compared with the Host header.
    private static bool TryOriginForm(string raw, out ReadOnlySpan<char> target)
    {
        target = raw;
        if (raw.StartsWith('/'))
        {
            return true;
        }

        int authority = raw.IndexOf("://", StringComparison.Ordinal);
        if (authority < 0)
        {
            // The asterisk of OPTIONS; the server has refused everything else.
            return true;
        }

        ReadOnlySpan<char> rest = raw.AsSpan(authority + 3);
        int end = rest.IndexOfAny('/', '?');
        target = end < 0 ? "/" : rest[end..];
        // A slash after the question mark begins no path, and a user is no part of a host (RFC 9110, 4.2.4).
        return target[0] == '/' && !rest[..(end < 0 ? rest.Length : end)].Contains('@');
    }

    // The functions of an app are few: their names are kept, so that an ordinary call makes no string for one.
    private static string FunctionOf(in RequestTarget target, AppRoute? route) =>
        route is null ? target.Function.ToString() : route.FunctionName(target.Function);

    private static string PathAndQueryOf(in RequestTarget target, in ReservedQuery query) =>
        target.Path.IsEmpty ? string.Concat("/", query.Forwarded) : string.Concat(target.Path, query.Forwarded);

    private static bool AsksForAsync(HttpRequest request) =>
        request.Headers.TryGetValue("Prefer", out var prefer)
        && prefer.Any(value => value is not null && value.Split([',', ';'], StringSplitOptions.TrimEntries).Contains("respond-async", StringComparer.OrdinalIgnoreCase));

    private async ValueTask<bool> AuthenticateAsync(IncomingCall call, string? authorization)
    {
        call.Caller = authorization is null ? null : await authenticator.VerifyAsync(authorization, call.Http.RequestAborted).ConfigureAwait(false);
        if (call.Caller is null)
        {
            return await RefuseAsync(call.Http, new BadRequest(StatusCodes.Status401Unauthorized, ProblemCodes.Unauthenticated, "A valid bearer token is needed.")).ConfigureAwait(false);
        }

        return await AuthorizeAsync(call).ConfigureAwait(false);
    }

    private ValueTask<bool> AuthorizeAsync(IncomingCall call) =>
        call.Caller!.May(Scopes.Invoke, call.Project)
            ? DispatchAsync(call)
            : RefuseAsync(call.Http, new BadRequest(StatusCodes.Status403Forbidden, ProblemCodes.Forbidden, "The token does not allow this."));

    private ValueTask<bool> DispatchAsync(IncomingCall call)
    {
        if (Names.IsPrivateFunction(call.Function))
        {
            return RefuseAsync(call.Http, new BadRequest(StatusCodes.Status403Forbidden, ProblemCodes.Forbidden, "The function is private."));
        }

        if (call.Route is null)
        {
            return RefuseAsync(call.Http, new BadRequest(StatusCodes.Status404NotFound, ProblemCodes.AppNotFound, "The project has no such app."));
        }

        if (call.WebhookEndpoint is not null && !webhooks.TryAccept(call, out string? error))
        {
            return RefuseAsync(call.Http, new BadRequest(StatusCodes.Status400BadRequest, ProblemCodes.InvalidRequest, error));
        }

        if (state.IsDraining)
        {
            return RefuseDrainingAsync(call.Http);
        }

        if (call.IsAsync)
        {
            return SubmitAsync(call);
        }

        return WebSocketHandshake.IsAsked(call.Http.Request) && !WebSocketHandshake.IsSound(call.Http.Request)
            ? RefuseAsync(call.Http, new BadRequest(StatusCodes.Status400BadRequest, ProblemCodes.InvalidRequest, "The WebSocket handshake is malformed."))
            : call.Webhook is null ? forwarder.ForwardAsync(call) : webhooks.ForwardAsync(call);
    }

    private async ValueTask<bool> SubmitAsync(IncomingCall call)
    {
        // The store commits and the body is read at length: off the I/O threads.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await asyncCalls.SubmitAsync(call).ConfigureAwait(false);
        return true;
    }

    private async ValueTask<bool> RefuseDrainingAsync(HttpContext http)
    {
        metrics.Refused(ProblemCodes.Draining);
        http.Response.Headers.Connection = "close";
        await Problem.WriteAsync(http, StatusCodes.Status503ServiceUnavailable, ProblemCodes.Draining, retryable: true, retryAfter: Refusals.RetryAfter()).ConfigureAwait(false);
        return true;
    }

    private async ValueTask<bool> RefuseAsync(HttpContext http, BadRequest bad)
    {
        metrics.Refused(bad.Code);
        if (bad.Status == StatusCodes.Status405MethodNotAllowed)
        {
            http.Response.Headers.Allow = RequestGuard.Allow;
        }
        else if (bad.Status == StatusCodes.Status400BadRequest && !HttpProtocol.IsHttp2(http.Request.Protocol))
        {
            // What follows a request that we would not read as it was meant is not a request.
            http.Response.Headers.Connection = "close";
        }

        await Problem.WriteAsync(http, bad.Status, bad.Code, bad.Detail).ConfigureAwait(false);
        return true;
    }
}
