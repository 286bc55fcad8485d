using InterCluster.Api.Gateway;
using InterCluster.Api.Homes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace InterCluster.Api.Control;

/// <summary>What the home of an app tells other gateways about it. Not part of the wire contract.</summary>
internal sealed class LiveGatewayEndpoints : IGatewayEndpoints
{
    public void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet(AppLives.Path, AppLives.OwnAsync).ForGateways();
        RouteGroupBuilder requests = endpoints.MapGroup(RequestViews.Prefix + "/{project}");
        requests.MapGet("", RequestEndpoints.OwnListAsync).ForGateways();
        requests.MapGet("/{runId}", RequestEndpoints.OwnAsync).ForGateways();
        RouteGroupBuilder app = endpoints.MapGroup(LivePass.Prefix + "/{project}/{app}");
        app.MapGet("/replicas", LiveEndpoints.ReplicasAsync).ForGateways();
        app.MapGet("/scaling", LiveEndpoints.ScalingAsync).ForGateways();
        app.MapGet("/logs", LiveEndpoints.LogsAsync).ForGateways();
    }
}
