using InterCluster.Core.Webhooks;
using InterCluster.Core.Egress;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace InterCluster.Dispatcher.Webhooks;

internal static class WebhookServiceCollectionExtensions
{
    /// <summary>Adds the sender of webhooks. Needs a webhook store; an <see cref="EgressPolicy"/> that opens more than the public internet is registered before.</summary>
    public static IServiceCollection AddWebhookSender(this IServiceCollection services)
    {
        services.TryAddSingleton<WebhookSecrets>();
        services.AddOptions<WebhookOptions>().BindConfiguration("InterCluster:Webhooks").ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton(EgressPolicy.Strict);
        services.TryAddSingleton<IHostResolver, SystemResolver>();
        services.TryAddSingleton<WebhookHttp>();
        services.TryAddSingleton<WebhookMetrics>();
        services.TryAddSingleton<BatchEnds>();
        services.TryAddSingleton<WebhookSender>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, WebhookSender>(s => s.GetRequiredService<WebhookSender>()));
        return services;
    }
}
