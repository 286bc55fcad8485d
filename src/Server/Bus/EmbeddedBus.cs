using MassTransit;

namespace InterCluster.Server.Bus;

/// <summary>The bus inside one process.</summary>
internal static class EmbeddedBus
{
    public static void UseEmbedded(this IBusRegistrationConfigurator bus) =>
        bus.UsingInMemory((context, transport) => transport.ConfigureEndpoints(context));
}
