using InterCluster.Api.Homes;
using InterCluster.Api.Requests;
using InterCluster.Api.Routing;
using InterCluster.Api.WebSockets;
using InterCluster.Core.Health;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace InterCluster.Api.Gateway;

public static class GatewayServiceCollectionExtensions
{
    /// <summary>Adds the data plane. Needs the core's catalog and admissions, an authenticator and the run API beside it.</summary>
    public static IServiceCollection AddGateway(this IServiceCollection services)
    {
        services.AddOptions<GatewayOptions>().BindConfiguration(GatewayOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<GatewayOptions>, GatewayOptionsValidator>());
        services.AddRequestLog();
        services.AddHttpForwarder();
        services.AddRouting();
        // What routing asks of a host; the web host has its own.
        services.TryAddSingleton(new System.Diagnostics.DiagnosticListener("InterCluster"));
        services.TryAddSingleton<RouteTable>();
        services.TryAddSingleton<WebSocketTunnels>();
        services.TryAddSingleton<StreamWatch>();
        services.TryAddSingleton<GatewayMetrics>();
        services.TryAddSingleton<GatewayState>();
        services.AddSingleton<IReadiness>(provider => provider.GetRequiredService<GatewayState>());
        services.TryAddSingleton<CallForwarder>();
        services.TryAddSingleton<IMovedCalls, NoOtherGateway>();
        services.TryAddSingleton<GatewayPipeline>();
        services.TryAddSingleton<GatewayServer>();
        services.AddHostedService(provider => provider.GetRequiredService<GatewayServer>());
        return services;
    }
}
