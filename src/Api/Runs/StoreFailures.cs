using InterCluster.Api.Problems;
using InterCluster.Core;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Http;

namespace InterCluster.Api.Runs;

/// <summary>A run store that does not answer is the server's trouble, and passes: 503.</summary>
internal static class StoreFailures
{
    public static async ValueTask<object?> Answer(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (StoreUnavailableException) when (!context.HttpContext.Response.HasStarted)
        {
            await Problem.WriteAsync(
                context.HttpContext, 503, ProblemCodes.StoreUnavailable, retryable: true, retryAfter: TimeSpan.FromSeconds(1));
            return Results.Empty;
        }
    }
}
