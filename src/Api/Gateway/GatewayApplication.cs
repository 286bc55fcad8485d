using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace InterCluster.Api.Gateway;

/// <summary>
/// What the data plane's server runs per request. Sits directly on the server: the generic host's per-request layer (activity, scope,
/// diagnostics) is paid for by every call and says nothing that the request log does not.
/// </summary>
internal sealed partial class GatewayApplication(
    GatewayPipeline gateway, RequestDelegate otherEndpoints, TrustedProxies? proxies, IServiceScopeFactory scopes, ILogger<GatewayApplication> log)
    : IHttpApplication<GatewayContext>
{
    public GatewayContext CreateContext(IFeatureCollection contextFeatures)
    {
        GatewayContext context;
        if (contextFeatures is IHostContextContainer<GatewayContext> container)
        {
            context = container.HostContext ??= new GatewayContext(contextFeatures);
            context.Http.Initialize(contextFeatures);
        }
        else
        {
            context = new GatewayContext(contextFeatures);
        }

        context.Http.ServiceScopeFactory = scopes;
        return context;
    }

    public async Task ProcessRequestAsync(GatewayContext context)
    {
        try
        {
            proxies?.Apply(context.Http);
            if (!await gateway.TryHandleAsync(context).ConfigureAwait(false))
            {
                // The run API may wait for the store: off the I/O threads.
                await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
                await otherEndpoints(context.Http).ConfigureAwait(false);
            }
        }
        catch (BadHttpRequestException bad) when (!context.Http.Response.HasStarted)
        {
            await Problems.Problem.WriteAsync(context.Http, bad.StatusCode, CodeOf(bad.StatusCode), bad.Message).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.Http.RequestAborted.IsCancellationRequested)
        {
            // The caller has gone; there is nobody to answer.
        }
        catch (Exception error)
        {
            LogFailed(error);
            if (context.Http.Response.HasStarted)
            {
                context.Http.Abort();
                return;
            }

            context.Http.Response.Clear();
            await Problems.Problem.WriteAsync(context.Http, StatusCodes.Status500InternalServerError, ProblemCodes.Internal).ConfigureAwait(false);
        }
    }

    public void DisposeContext(GatewayContext context, Exception? exception) => context.Http.Uninitialize();

    internal static string CodeOf(int status) => status switch
    {
        StatusCodes.Status413PayloadTooLarge or StatusCodes.Status414UriTooLong or StatusCodes.Status431RequestHeaderFieldsTooLarge => ProblemCodes.TooLarge,
        StatusCodes.Status408RequestTimeout => ProblemCodes.RequestTimeout,
        _ => ProblemCodes.InvalidRequest,
    };

    [LoggerMessage(1, LogLevel.Error, "A request failed inside the gateway")]
    private partial void LogFailed(Exception error);
}
