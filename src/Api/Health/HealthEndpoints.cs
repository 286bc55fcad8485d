using InterCluster.Api.Auth;
using InterCluster.Core.Health;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace InterCluster.Api.Health;

/// <summary>What a supervisor asks: is the process alive, and may it get new work?</summary>
public static class HealthEndpoints
{
    /// <summary>Maps <c>/healthz</c> and <c>/readyz</c>, for anyone.</summary>
    public static IEndpointRouteBuilder MapHealth(this IEndpointRouteBuilder endpoints)
    {
        RouteGroupBuilder group = endpoints.MapGroup("").WithTags("Health").AllowAnyone();
        group.MapGet("/healthz", () => Results.Json(new HealthView("live"), WireJson.Options))
            .WithName("GetHealth").WithSummary("Whether the process is alive").Produces<HealthView>();
        group.MapGet("/readyz", Ready)
            .WithName("GetReadiness").WithSummary("Whether the process takes new work; if not, why").Produces<HealthView>().Produces<HealthView>(503);
        return endpoints;
    }

    private static IResult Ready(IEnumerable<IReadiness> conditions)
    {
        string[] reasons = [.. conditions.Select(c => c.NotReady).OfType<string>()];
        return reasons.Length == 0
            ? Results.Json(new HealthView("ready"), WireJson.Options)
            : Results.Json(new HealthView("not_ready", reasons), WireJson.Options, statusCode: StatusCodes.Status503ServiceUnavailable);
    }
}
