using InterCluster.Api.Gateway;
using InterCluster.Core.Egress;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace InterCluster.Api.Webhooks;

internal static class WebhookApiServiceCollectionExtensions
{
    /// <summary>Adds webhooks to calls, and the endpoints of deliveries. Needs a webhook store and the gateway.</summary>
    public static IServiceCollection AddWebhookApi(this IServiceCollection services)
    {
        services.AddOptions<WebhookCaptureOptions>().BindConfiguration("InterCluster:Webhooks").ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton(EgressPolicy.Strict);
        services.AddWebhookKeys();
        services.TryAddSingleton<WebhookReader>();
        services.TryAddSingleton<CaptureBudget>();
        services.TryAddSingleton<WebhookApiMetrics>();
        services.TryAddSingleton<UnstoredWebhooks>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, UnstoredWebhooks>(s => s.GetRequiredService<UnstoredWebhooks>()));
        services.TryAddSingleton<IWebhookCalls, WebhookCalls>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IGatewayEndpoints, WebhookGatewayEndpoints>());
        return services;
    }
}
