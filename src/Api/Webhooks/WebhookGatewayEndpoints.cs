using InterCluster.Api.Gateway;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace InterCluster.Api.Webhooks;

/// <summary>The deliveries on the data plane, beside the runs.</summary>
internal sealed class WebhookGatewayEndpoints : IGatewayEndpoints
{
    public void Map(IEndpointRouteBuilder endpoints) => WebhookEndpoints.Map(endpoints.MapGroup("/api/v1/projects/{project}"));
}
