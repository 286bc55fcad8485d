using Microsoft.AspNetCore.Routing;

namespace InterCluster.Api.Gateway;

/// <summary>Endpoints that the data plane serves beside the calls to apps: the run API.</summary>
internal interface IGatewayEndpoints
{
    void Map(IEndpointRouteBuilder endpoints);
}
