using InterCluster.Dispatcher;
using InterCluster.Workers;
using MassTransit;

namespace InterCluster.Server.Hosting;

/// <summary>The bus inside one process. Retry is off: the one retry engine is the run store's (DESIGN.md, "Async path").</summary>
internal static class EmbeddedBus
{
    public static IServiceCollection AddEmbeddedBus(this IServiceCollection services, Roles roles)
    {
        services.AddMassTransit(bus =>
        {
            // The library reports its use to its makers unless told not to.
            bus.DisableUsageTelemetry();
            if (roles.HasFlag(Roles.Dispatcher))
            {
                bus.AddDispatcherConsumers();
            }

            if (roles.HasFlag(Roles.Workers))
            {
                bus.AddWorkerConsumers();
            }

            bus.UsingInMemory((context, transport) => transport.ConfigureEndpoints(context));
        });
        return services;
    }
}
