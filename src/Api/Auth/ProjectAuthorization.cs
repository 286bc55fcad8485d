using InterCluster.Core.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace InterCluster.Api.Auth;

/// <summary>
/// Puts an <see cref="AccessPolicy"/> on endpoints and its check in front of them: in front of the handler, its filters and the reading of its
/// parameters, wherever in the pipeline the endpoints are mapped.
/// </summary>
internal static class ProjectAuthorization
{
    /// <summary>A token of the <c>{project}</c> in the path, with these scopes; or the admin key.</summary>
    public static TBuilder RequireProject<TBuilder>(this TBuilder builder, Scopes scopes)
        where TBuilder : IEndpointConventionBuilder => builder.Require(AccessPolicy.Project(scopes));

    /// <summary>The admin key.</summary>
    public static TBuilder RequireServerAdmin<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder => builder.Require(AccessPolicy.ServerAdmin);

    /// <summary>Nothing.</summary>
    public static TBuilder AllowAnyone<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder => builder.Require(AccessPolicy.Anyone);

    /// <summary>Denies by default: an endpoint without a policy cannot be built.</summary>
    public static TBuilder RequirePolicies<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.Finally(static endpoint =>
        {
            if (!endpoint.Metadata.OfType<AccessPolicy>().Any())
            {
                throw new InvalidOperationException($"The endpoint {endpoint.DisplayName} has no access policy.");
            }
        });
        return builder;
    }

    /// <summary>The caller that the policy let in. Only behind a policy that asks for one.</summary>
    public static Caller GetCaller(this HttpContext context) =>
        context.Features.Get<Caller>() ?? throw new InvalidOperationException("No caller: the endpoint is open, or has no policy.");

    private static TBuilder Require<TBuilder>(this TBuilder builder, AccessPolicy policy)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint => endpoint.Metadata.Add(policy));
        if (!policy.IsOpen)
        {
            builder.Finally(endpoint =>
            {
                RequestDelegate inner = endpoint.RequestDelegate!;
                endpoint.RequestDelegate = context => AccessGate.InvokeAsync(context, policy, inner);
            });
        }

        return builder;
    }
}
