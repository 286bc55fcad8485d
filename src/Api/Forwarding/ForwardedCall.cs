using System.Net;
using InterCluster.Api.Gateway;
using InterCluster.Api.Routing;
using InterCluster.Api.WebSockets;
using InterCluster.Core.Identity;
using InterCluster.Core.Replicas;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Forwarder;

namespace InterCluster.Api.Forwarding;

/// <summary>One call on its way through: what the forwarder asks of it as headers go out and come back.</summary>
internal sealed class ForwardedCall(
    AppRoute route, string runId, string remoteAddress, Caller? caller, Uri target, CallDeadline deadline, StreamWatch watch)
    : HttpTransformer, IDisposable
{
    /// <summary>The replica that it goes to; set before it is sent.</summary>
    public Replica? Replica { get; set; }

    /// <summary>True once the replica's status line has come.</summary>
    public bool Answered { get; private set; }

    private IDisposable? _watched;

    /// <summary>True once the connection has become a tunnel.</summary>
    public bool Upgraded { get; private set; }

    public override ValueTask TransformRequestAsync(HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        HttpRequest request = httpContext.Request;
        CopyEndToEnd(request.Headers, proxyRequest);
        proxyRequest.Headers.Host = request.Host.Value;
        if (request.Protocol.Length > 7 && request.Protocol[5] >= '2' && request.Headers.TE.ToString().Contains("trailers", StringComparison.Ordinal))
        {
            proxyRequest.Headers.TryAddWithoutValidation(HeaderNames.TE, "trailers");
        }

        AddOurs(request, proxyRequest);
        // The text that was routed is the text that the replica gets: nothing may decode or fold it on the way.
        proxyRequest.RequestUri = target;
        return default;
    }

    public override ValueTask<bool> TransformResponseAsync(HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        if (proxyResponse is null)
        {
            return new ValueTask<bool>(false);
        }

        Answered = true;
        ReplicaCall.StopFlowing();
        if (!AnswerFraming.IsSound(proxyResponse))
        {
            throw new InvalidDataException("The replica's answer has no status or does not say in one way where it ends.");
        }

        ValueTask<bool> copied = base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        IHeaderDictionary headers = httpContext.Response.Headers;
        RemoveWhatEndsHere(proxyResponse, headers);
        headers[WireHeaders.RequestId] = runId;
        if (proxyResponse.StatusCode == HttpStatusCode.SwitchingProtocols)
        {
            Upgrade(httpContext, proxyResponse);
        }
        else if (headers.ContentType is [{ } type] && IsStream(type, headers))
        {
            return StartStreamAsync(httpContext, cancellationToken);
        }

        return copied;
    }

    public override ValueTask TransformResponseTrailersAsync(HttpContext httpContext, HttpResponseMessage proxyResponse, CancellationToken cancellationToken)
    {
        // The base copies at once.
        ValueTask copied = base.TransformResponseTrailersAsync(httpContext, proxyResponse, cancellationToken);
        if (proxyResponse.TrailingHeaders.NonValidated.Count > 0)
        {
            RemoveReservedTrailers(httpContext);
        }

        return copied;
    }

    public void Dispose() => _watched?.Dispose();

    // A gRPC answer whose head has the status already has nothing to come, and its head must be its end.
    internal static bool IsStream(string type, IHeaderDictionary headers) =>
        type.StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase)
        || (type.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) && !headers.ContainsKey(HeaderNames.GrpcStatus));

    // A stream may be silent for long: its head goes out at once, so that the client knows that it is open.
    private async ValueTask<bool> StartStreamAsync(HttpContext context, CancellationToken ct)
    {
        Watch(context);
        await context.Response.Body.FlushAsync(ct).ConfigureAwait(false);
        return true;
    }

    private static void RemoveWhatEndsHere(HttpResponseMessage response, IHeaderDictionary headers)
    {
        if (response.StatusCode == HttpStatusCode.NoContent)
        {
            // No body, so no length of one (RFC 9110, 8.6); our server would refuse to say it.
            headers.ContentLength = null;
        }

        foreach (KeyValuePair<string, System.Net.Http.Headers.HeaderStringValues> header in response.Headers.NonValidated)
        {
            if (HeaderRules.IsReserved(header.Key))
            {
                headers.Remove(header.Key);
            }
            else if (header.Key.Equals(HeaderNames.Connection, StringComparison.OrdinalIgnoreCase))
            {
                RemoveNominated(header.Value, headers);
            }
        }
    }

    private static void RemoveNominated(System.Net.Http.Headers.HeaderStringValues connection, IHeaderDictionary headers)
    {
        foreach (string value in connection)
        {
            if (HeaderRules.NominatesNothing(value))
            {
                continue;
            }

            foreach (string name in value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                // The length is framing between us and the client by now, whatever the replica calls it.
                if (!name.Equals(HeaderNames.ContentLength, StringComparison.OrdinalIgnoreCase) && !name.Equals(HeaderNames.Upgrade, StringComparison.OrdinalIgnoreCase))
                {
                    headers.Remove(name);
                }
            }
        }
    }

    private static void RemoveReservedTrailers(HttpContext context)
    {
        if (context.Features.Get<IHttpResponseTrailersFeature>()?.Trailers is { Count: > 0 } trailers)
        {
            foreach (string name in trailers.Keys.Where(HeaderRules.IsReserved).ToList())
            {
                trailers.Remove(name);
            }
        }
    }

    private void Upgrade(HttpContext context, HttpResponseMessage response)
    {
        if (!WebSocketHandshake.IsAccepted(context.Request.Headers.SecWebSocketKey, response))
        {
            throw new InvalidDataException("The replica's answer to the WebSocket handshake is wrong.");
        }

        context.Response.Headers.Remove(HeaderNames.SecWebSocketExtensions);
        Upgraded = true;
        // A tunnel lives as long as both ends want it.
        deadline.Lift();
        Watch(context);
    }

    // What may stay open for long ends with its token. (An open app's calls have none.)
    private void Watch(HttpContext context) =>
        _watched = watch.Watch(route.AuthDisabled ? null : context.Request.Headers.Authorization.ToString(), context.Abort);

    private void CopyEndToEnd(IHeaderDictionary headers, HttpRequestMessage proxyRequest)
    {
        StringValues connection = headers.Connection;
        bool nominates = !HeaderRules.NominatesNothing(connection);
        bool chunked = headers.TransferEncoding.Count > 0;
        foreach (KeyValuePair<string, StringValues> header in headers)
        {
            string name = header.Key;
            bool drop = HeaderRules.IsDroppedFromRequest(name)
                || (!route.AuthDisabled && name.Equals(HeaderNames.Authorization, StringComparison.OrdinalIgnoreCase))
                || (nominates && HeaderRules.IsNominated(connection, name))
                || (chunked && name.Equals(HeaderNames.ContentLength, StringComparison.OrdinalIgnoreCase));
            if (!drop)
            {
                Add(proxyRequest, name, header.Value);
            }
        }
    }

    private static void Add(HttpRequestMessage request, string name, StringValues value)
    {
        if (value.Count == 1)
        {
            string text = value[0] ?? "";
            if (!request.Headers.TryAddWithoutValidation(name, text))
            {
                request.Content?.Headers.TryAddWithoutValidation(name, text);
            }

            return;
        }

        // HTTP/2 may split a cookie into crumbs (RFC 9113, 8.2.3); HTTP/1.1 wants one.
        string?[] values = name.Equals(HeaderNames.Cookie, StringComparison.OrdinalIgnoreCase) ? [string.Join("; ", value.ToArray())] : value.ToArray();
        if (!request.Headers.TryAddWithoutValidation(name, values))
        {
            request.Content?.Headers.TryAddWithoutValidation(name, values);
        }
    }

    private void AddOurs(HttpRequest request, HttpRequestMessage proxyRequest)
    {
        System.Net.Http.Headers.HttpRequestHeaders headers = proxyRequest.Headers;
        headers.TryAddWithoutValidation(WireHeaders.RequestId, runId);
        headers.TryAddWithoutValidation("X-Forwarded-For", remoteAddress);
        headers.TryAddWithoutValidation("X-Forwarded-Proto", request.Scheme);
        headers.TryAddWithoutValidation("X-Forwarded-Host", request.Host.Value);
        headers.TryAddWithoutValidation("X-Forwarded-Prefix", route.Prefix);
        if (caller is not null)
        {
            headers.TryAddWithoutValidation(WireHeaders.Project, caller.Project);
            headers.TryAddWithoutValidation(WireHeaders.Caller, caller.Name);
        }

        if (request.Headers.TryGetValue(WireHeaders.RequestId, out StringValues parent) && RequestIds.IsAcceptable(parent))
        {
            headers.TryAddWithoutValidation(WireHeaders.ParentRequestId, parent[0]);
        }
    }
}
