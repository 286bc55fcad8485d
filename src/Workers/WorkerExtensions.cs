using InterCluster.Core.Messages;
using InterCluster.Workers.Execution;
using InterCluster.Workers.Leases;
using InterCluster.Workers.Queues;
using InterCluster.Workers.Settling;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace InterCluster.Workers;

/// <summary>Registers the worker role.</summary>
public static class WorkerExtensions
{
    /// <summary>
    /// Adds workers. Needs a run store, an app catalog (loaded before the host starts: a run of an app that is not known ends as failed), a run invoker
    /// and a MassTransit bus with <see cref="AddWorkerConsumers"/>.
    /// </summary>
    public static IServiceCollection AddWorkers(this IServiceCollection services)
    {
        services.AddOptions<WorkerOptions>().BindConfiguration("InterCluster:Workers").ValidateDataAnnotations().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<WorkerOptions>, WorkerOptionsValidator>());
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<HeldRuns>();
        services.TryAddSingleton<WorkerMetrics>();
        services.TryAddSingleton<LeaseKeeper>();
        services.TryAddSingleton<Settler>();
        services.TryAddSingleton<AppCapacity>();
        services.TryAddSingleton<RunExecutor>();
        services.TryAddSingleton<FunctionWorkerFactory>();
        services.TryAddSingleton<QueueHealth>();
        services.TryAddSingleton<FunctionQueues>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, WorkerService>());
        return services;
    }

    /// <summary>Adds the workers' consumers to the bus.</summary>
    public static void AddWorkerConsumers(this IBusRegistrationConfigurator bus)
    {
        bus.AddConsumer<FunctionQueueActivatedConsumer>().Endpoint(e =>
        {
            // A queue per worker process: an activation is for all of them.
            e.Name = $"function-activated-{Guid.CreateVersion7():N}";
            e.Temporary = true;
        });
        // Other transports bind the functions' queues themselves, where they declare them.
        bus.AddConfigureEndpointsCallback((queue, endpoint) =>
        {
            if (endpoint is IInMemoryReceiveEndpointConfigurator inMemory && FunctionQueueName.IsFunctionQueue(queue))
            {
                inMemory.Bind(FunctionQueueName.Exchange, MassTransit.Transports.Fabric.ExchangeType.Direct, queue);
            }
        });
    }
}
