using InterCluster.Api.Auth;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace InterCluster.Api.Control;

/// <summary>The OpenAPI document: what the endpoints say of themselves, the bearer token, and the problems that each can answer with.</summary>
internal static class OpenApiDocument
{
    public const string Name = "v1";
    private const string Bearer = "bearer";

    public static void Add(IServiceCollection services) => services.AddOpenApi(Name, options =>
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "InterCluster control plane",
                Version = Name,
                Description = "Deploys and watches apps, issues keys, reads runs. Errors are RFC 9457 problem details with a stable `code`.",
            };
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
            document.Components.SecuritySchemes[Bearer] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http, Scheme = Bearer, BearerFormat = "JWT", Description = "A project's token, or the server's admin key.",
            };
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            if (context.Description.ActionDescriptor.EndpointMetadata.OfType<AccessPolicy>().LastOrDefault() is { IsOpen: false } policy)
            {
                operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Bearer, context.Document)] = [] }];
                string needs = policy.NeedsServerAdmin ? "the admin key" : $"a token of the project with `{ScopeNames.ToClaim(policy.Scopes)}`, or the admin key";
                operation.Description = $"{operation.Description} Needs {needs}.".TrimStart();
            }

            return Task.CompletedTask;
        });
    });

    /// <summary>Says which problems an endpoint can answer with, beside those of every endpoint.</summary>
    public static TBuilder WithProblems<TBuilder>(this TBuilder builder, params int[] statuses)
        where TBuilder : IEndpointConventionBuilder
    {
        foreach (int status in statuses)
        {
            builder.WithMetadata(new ProducesResponseTypeMetadata(status, typeof(ProblemView), ["application/problem+json"]));
        }

        return builder;
    }
}
