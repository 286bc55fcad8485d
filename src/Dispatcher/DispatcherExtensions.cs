using InterCluster.Core.Scaling;
using InterCluster.Dispatcher.Depths;
using InterCluster.Dispatcher.Routing;
using InterCluster.Dispatcher.Scaling;
using InterCluster.Dispatcher.Sweeping;
using InterCluster.Dispatcher.Webhooks;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace InterCluster.Dispatcher;

/// <summary>Registers the dispatcher role.</summary>
public static class DispatcherExtensions
{
    /// <summary>
    /// Adds routing, the sweep and the sender of webhooks. Needs the stores of runs and webhooks, an app catalog (loaded before the host starts) and a MassTransit
    /// bus with <see cref="AddDispatcherConsumers"/>. Schedules are added by themselves: they need a calendar's storage.
    /// </summary>
    public static IServiceCollection AddDispatcher(this IServiceCollection services)
    {
        services.AddOptions<DispatcherOptions>().BindConfiguration("InterCluster:Dispatcher").ValidateDataAnnotations().ValidateOnStart();
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<RunDepths>();
        services.TryAddSingleton<DispatcherMetrics>();
        services.TryAddSingleton<RunRouter>();
        services.TryAddSingleton<RunSweep>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, SweepService>());
        services.AddWebhookSender();
        return services;
    }

    /// <summary>
    /// Adds the autoscaler. It belongs to the process that has the replicas: it is the one writer of their counts. Needs a run store, an app catalog, an
    /// admission directory and a replica fleet.
    /// </summary>
    public static IServiceCollection AddAutoscaler(this IServiceCollection services)
    {
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<RunDepths>();
        services.TryAddSingleton<DispatcherMetrics>();
        services.TryAddSingleton<Autoscaler>();
        services.TryAddSingleton<IScalingHistory>(s => s.GetRequiredService<Autoscaler>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, AutoscalerService>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, DepthService>());
        return services;
    }

    /// <summary>Adds the dispatcher's consumers to the bus.</summary>
    public static void AddDispatcherConsumers(this IBusRegistrationConfigurator bus) =>
        bus.AddConsumer<RunsSubmittedConsumer, RunsSubmittedConsumerDefinition>();
}
