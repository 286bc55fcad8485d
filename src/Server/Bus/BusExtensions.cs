using InterCluster.Dispatcher;
using InterCluster.Server.Hosting;
using InterCluster.Workers;
using MassTransit;

namespace InterCluster.Server.Bus;

/// <summary>Registers the bus: RabbitMQ where a setting names one, else inside the process. Nobody asks which after that.</summary>
internal static class BusExtensions
{
    public static IServiceCollection AddBus(this IServiceCollection services, IConfiguration settings, Roles roles)
    {
        bool distributed = settings[$"{RabbitMqOptions.Section}:{nameof(RabbitMqOptions.Uri)}"] is { Length: > 0 };
        services.AddMassTransit(bus =>
        {
            // The library reports its use to its makers unless told not to.
            bus.DisableUsageTelemetry();
            AddConsumers(bus, roles);
            if (distributed)
            {
                bus.UseRabbitMq();
            }
            else
            {
                bus.UseEmbedded();
            }
        });
        if (distributed)
        {
            services.AddRabbitMqSettings();
        }

        return services;
    }

    private static void AddConsumers(IBusRegistrationConfigurator bus, Roles roles)
    {
        if (roles.HasFlag(Roles.Dispatcher))
        {
            bus.AddDispatcherConsumers();
        }

        if (roles.HasFlag(Roles.Workers))
        {
            bus.AddWorkerConsumers();
        }
    }
}
