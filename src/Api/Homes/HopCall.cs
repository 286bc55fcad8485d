using InterCluster.Api.Forwarding;
using InterCluster.Api.Gateway;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Forwarder;

namespace InterCluster.Api.Homes;

/// <summary>One call on its way to its home: what the forwarder asks of it as headers go out and come back.</summary>
internal sealed class HopCall(IncomingCall call, Uri target, string credential, StreamWatch watch) : HttpTransformer, IDisposable
{
    private IDisposable? _watched;

    /// <summary>The gateway answered that it is not the home: no replica has seen the call.</summary>
    public bool WasNotHome { get; private set; }

    /// <summary>A replica's answer came through.</summary>
    public bool Answered { get; private set; }

    public override ValueTask TransformRequestAsync(HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        HttpRequest request = httpContext.Request;
        // The home watches the token of a stream as we do; its replica does not get it from there.
        foreach ((string name, StringValues value) in HeaderRules.EndToEnd(request.Headers, passAuthorization: true))
        {
            if (!name.Equals(HeaderNames.ContentLength, StringComparison.OrdinalIgnoreCase) && !proxyRequest.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)value))
            {
                proxyRequest.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)value);
            }
        }

        if (request.Protocol.Length > 7 && request.Protocol[5] >= '2' && request.Headers.TE.ToString().Contains("trailers", StringComparison.Ordinal))
        {
            proxyRequest.Headers.TryAddWithoutValidation(HeaderNames.TE, "trailers");
        }

        AddOurs(request, proxyRequest.Headers);
        proxyRequest.Headers.ExpectContinue = proxyRequest.Content is not null;
        proxyRequest.RequestUri = target;
        return default;
    }

    public override ValueTask<bool> TransformResponseAsync(HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        if (proxyResponse is null)
        {
            return new ValueTask<bool>(false);
        }

        bool refused = proxyResponse.Headers.NonValidated.TryGetValues(HopHeaders.Refused, out System.Net.Http.Headers.HeaderStringValues why);
        WasNotHome = refused && why.ToString() == HopHeaders.NotHome;
        Answered = !refused;
        if (WasNotHome)
        {
            return new ValueTask<bool>(false);
        }

        ValueTask<bool> copied = base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        IHeaderDictionary headers = httpContext.Response.Headers;
        headers.Remove(HopHeaders.Refused);
        headers[WireHeaders.RequestId] = call.RunIdText;
        if (proxyResponse.StatusCode == System.Net.HttpStatusCode.SwitchingProtocols)
        {
            Watch(httpContext);
        }
        else if (headers.ContentType is [{ } type] && ForwardedCall.IsStream(type, headers))
        {
            Watch(httpContext);
            return FlushAsync(httpContext, cancellationToken);
        }

        return copied;
    }

    public void Dispose() => _watched?.Dispose();

    private static async ValueTask<bool> FlushAsync(HttpContext context, CancellationToken ct)
    {
        await context.Response.Body.FlushAsync(ct).ConfigureAwait(false);
        return true;
    }

    private void Watch(HttpContext context) =>
        _watched = watch.Watch(call.Route!.AuthDisabled ? null : context.Request.Headers.Authorization.ToString(), context.Abort);

    private void AddOurs(HttpRequest request, System.Net.Http.Headers.HttpRequestHeaders headers)
    {
        headers.TryAddWithoutValidation(HopHeaders.Credential, credential);
        headers.TryAddWithoutValidation(HopHeaders.Run, call.RunIdText);
        headers.TryAddWithoutValidation(HopHeaders.Client, call.Context.RemoteAddress);
        headers.TryAddWithoutValidation(HopHeaders.Host, request.Host.Value);
        headers.TryAddWithoutValidation(HopHeaders.Scheme, request.Scheme);
        // The client library sends a body that it knows to be short even to a server that has refused it, and then nobody has it any more.
        if (request.ContentLength is { } length && request.Headers.TransferEncoding.Count == 0)
        {
            headers.TryAddWithoutValidation(HopHeaders.Length, length.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        if (call.Caller is { } caller)
        {
            headers.TryAddWithoutValidation(HopHeaders.Caller, HopHeaders.Write(caller));
        }

        if (request.Headers.TryGetValue(WireHeaders.RequestId, out StringValues parent) && RequestIds.IsAcceptable(parent))
        {
            headers.TryAddWithoutValidation(HopHeaders.Parent, parent[0]);
        }
    }
}
