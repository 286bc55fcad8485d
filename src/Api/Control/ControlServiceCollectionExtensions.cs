using InterCluster.Api.Webhooks;
using System.Text.Json.Serialization;
using InterCluster.Api.Auth;
using InterCluster.Api.Health;
using InterCluster.Api.Homes;
using InterCluster.Core.Apps;
using InterCluster.Core.Health;
using InterCluster.Core.Wire;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace InterCluster.Api.Control;

/// <summary>Registers the control plane.</summary>
public static class ControlServiceCollectionExtensions
{
    /// <summary>
    /// Adds the control plane and caller identity. Needs the stores (apps, keys, runs), an admission directory, a replica fleet, a scaling history and a
    /// request log.
    /// </summary>
    public static IServiceCollection AddControlApi(this IServiceCollection services)
    {
        services.AddCallerIdentity();
        services.AddWebhookKeys();
        services.AddOptions<ControlOptions>().BindConfiguration("InterCluster:Control").ValidateDataAnnotations().ValidateOnStart();
        // The document is made from these: numbers are numbers in it, not numbers or texts.
        services.Configure<JsonOptions>(options =>
        {
            WireJson.Apply(options.SerializerOptions);
            options.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
        });
        services.TryAddSingleton<AppCatalog>();
        services.TryAddSingleton<IAppCatalog>(provider => provider.GetRequiredService<AppCatalog>());
        services.TryAddSingleton<IHomes, NoOtherGateway>();
        services.TryAddSingleton<IOtherGateways, NoOtherGateway>();
        services.TryAddSingleton<AppLives>();
        services.TryAddSingleton<RequestViews>();
        services.TryAddSingleton<AppViews>();
        services.TryAddSingleton<AppDeployments>();
        services.TryAddSingleton<LogStream>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IReadiness, StoppingReadiness>());
        Telemetry.AddPrometheus(services);
        OpenApiDocument.Add(services);
        return services;
    }
}
