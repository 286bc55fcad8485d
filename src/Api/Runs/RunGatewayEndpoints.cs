using InterCluster.Api.Gateway;
using Microsoft.AspNetCore.Routing;

namespace InterCluster.Api.Runs;

/// <summary>The run API on the data plane.</summary>
internal sealed class RunGatewayEndpoints : IGatewayEndpoints
{
    /// <inheritdoc/>
    public void Map(IEndpointRouteBuilder endpoints) => endpoints.MapRuns();
}
