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
        RouteGroupBuilder app = endpoints.MapGroup(LivePass.Prefix + "/{project}/{app}");
        app.MapGet("/app", AppEndpoints.GetAsync).ForGateways();
        app.MapGet("/replicas", LiveEndpoints.ReplicasAsync).ForGateways();
        app.MapGet("/scaling", LiveEndpoints.ScalingAsync).ForGateways();
        app.MapGet("/logs", LiveEndpoints.LogsAsync).ForGateways();
    }
}
