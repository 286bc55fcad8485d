using InterCluster.Api.Auth;
using InterCluster.Api.Health;
using InterCluster.Api.Schedules;
using InterCluster.Api.Webhooks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Scalar.AspNetCore;

namespace InterCluster.Api.Control;

/// <summary>The control plane.</summary>
public static class ControlEndpoints
{
    /// <summary>
    /// Maps the control plane, health, metrics and the API's document. Needs <see cref="ControlServiceCollectionExtensions.AddControlApi"/>, and
    /// <see cref="Problems.ApiErrorsExtensions.UseApiErrors"/> before routing.
    /// </summary>
    public static IEndpointRouteBuilder MapControl(this IEndpointRouteBuilder endpoints)
    {
        RouteGroupBuilder api = endpoints.MapGroup("/api/v1").RequirePolicies().WithProblems(400, 401, 403, 429, 503);
        ServerEndpoints.Map(api);
        RouteGroupBuilder project = api.MapGroup("/projects/{project}");
        AppEndpoints.Map(project);
        LiveEndpoints.Map(project);
        KeyEndpoints.Map(project);
        RequestEndpoints.Map(project);
        WebhookEndpoints.Map(project);
        ScheduleEndpoints.Map(project);
        endpoints.MapOperations();
        endpoints.MapOpenApi("/openapi/{documentName}.json").AllowAnyone();
        endpoints.MapScalarApiReference("/docs", options => options.WithTitle("InterCluster API")).AllowAnyone();
        return endpoints;
    }

    /// <summary>Maps what every process has, whatever its roles: health and metrics.</summary>
    public static IEndpointRouteBuilder MapOperations(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapHealth();
        MapMetrics(endpoints);
        return endpoints;
    }

    private static void MapMetrics(IEndpointRouteBuilder endpoints)
    {
        IEndpointConventionBuilder metrics = endpoints.MapPrometheusScrapingEndpoint("/metrics");
        if (endpoints.ServiceProvider.GetRequiredService<IOptions<ControlOptions>>().Value.AnonymousMetrics)
        {
            metrics.AllowAnyone();
        }
        else
        {
            metrics.RequireServerAdmin();
        }
    }
}
