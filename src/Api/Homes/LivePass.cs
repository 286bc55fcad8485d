using InterCluster.Api.Gateway;
using InterCluster.Api.Invocations;
using InterCluster.Api.Problems;
using InterCluster.Core.Naming;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy.Forwarder;

namespace InterCluster.Api.Homes;

/// <summary>
/// What only an app's home knows (its replicas, their logs, the scaler's decisions) is asked for there, whichever gateway was asked. Who may ask is decided here; the home
/// believes the credential.
/// </summary>
internal sealed class LivePass(HomeBoard board, IHttpForwarder forwarder, WorkerCredentials credentials, TimeProvider time)
{
    /// <summary>Where gateways ask each other, on the data plane's port: <c>/internal/v1/live/{project}/{app}/replicas</c>.</summary>
    public const string Prefix = "/internal/v1/live";

    // What the home has in memory it tells at once: one that is silent for longer hangs, or is gone.
    private static readonly TimeSpan HeadWithin = TimeSpan.FromSeconds(5);
    private static readonly ForwarderRequestConfig Config = new() { ActivityTimeout = TimeSpan.FromMinutes(1), Version = new Version(1, 1), VersionPolicy = HttpVersionPolicy.RequestVersionExact };

    /// <summary>True when another gateway has answered.</summary>
    public async ValueTask<bool> TryAsync(HttpContext context, AppId app, string what)
    {
        if (board.Of(app).Peer is not { } peer)
        {
            return false;
        }

        var target = new Uri($"{peer.Address.TrimEnd('/')}{Prefix}/{app}/{what}{context.Request.QueryString}");
        using var limit = new CancellationTokenSource(HeadWithin, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, peer.Gone);
        var question = new Question(target, await credentials.MakeAsync(context.RequestAborted), limit);
        ForwarderError error = await forwarder.SendAsync(context, peer.Address, peer.Invoker, Config, question, either.Token);
        if (error != ForwarderError.None && !context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            context.Response.Clear();
            await Problem.WriteAsync(
                context, StatusCodes.Status503ServiceUnavailable, ProblemCodes.Draining, "The app's home does not answer now.", retryable: true, Refusals.RetryAfter());
        }

        return true;
    }

    private sealed class Question(Uri target, string credential, CancellationTokenSource limit) : HttpTransformer
    {
        public override ValueTask TransformRequestAsync(HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
        {
            proxyRequest.RequestUri = target;
            proxyRequest.Headers.TryAddWithoutValidation(HopHeaders.Credential, credential);
            // A log that is followed ends with its reader's token.
            proxyRequest.Headers.TryAddWithoutValidation("Authorization", httpContext.Request.Headers.Authorization.ToString());
            return default;
        }

        public override ValueTask<bool> TransformResponseAsync(HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
        {
            // A log that is followed goes on for as long as it is read.
            limit.CancelAfter(Timeout.InfiniteTimeSpan);
            return base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        }
    }
}

/// <summary>Marks endpoints that the app's home answers.</summary>
internal static class LivePassExtensions
{
    /// <summary>Answered by the app's home. The route has <c>{project}</c> and <c>{app}</c>.</summary>
    public static RouteHandlerBuilder AnsweredByHome(this RouteHandlerBuilder endpoint, string what) => endpoint.AddEndpointFilter(async (invocation, next) =>
    {
        HttpContext context = invocation.HttpContext;
        return context.RequestServices.GetService<LivePass>() is { } pass && AppOf(context) is { } app && await pass.TryAsync(context, app, what)
            ? Results.Empty : await next(invocation);
    });

    /// <summary>Lets nobody in but other gateways.</summary>
    public static RouteHandlerBuilder ForGateways(this RouteHandlerBuilder endpoint) => endpoint.ExcludeFromDescription().AddEndpointFilter(async (invocation, next) =>
    {
        HttpContext context = invocation.HttpContext;
        if (await context.RequestServices.GetRequiredService<WorkerCredentials>().IsValidAsync(context.Request.Headers[HopHeaders.Credential], context.RequestAborted))
        {
            return await next(invocation);
        }

        await Problem.WriteAsync(context, StatusCodes.Status401Unauthorized, ProblemCodes.Unauthenticated, "Only gateways may call this.");
        return Results.Empty;
    });

    private static AppId? AppOf(HttpContext context) =>
        context.GetRouteValue("project") is string project && context.GetRouteValue("app") is string app && Names.IsProject(project) && Names.IsApp(app) ? new AppId(project, app) : null;
}
