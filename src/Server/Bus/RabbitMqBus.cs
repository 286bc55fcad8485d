using InterCluster.Core.Messages;
using MassTransit;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace InterCluster.Server.Bus;

/// <summary>
/// The bus on RabbitMQ: confirmed and mandatory sends, and queues as <see cref="RabbitMqTopology"/> declares them (docs/decisions/0008). A broker that
/// is down holds up neither the start nor a stop.
/// </summary>
internal static class RabbitMqBus
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(10);

    public static void UseRabbitMq(this IBusRegistrationConfigurator bus)
    {
        bus.AddConfigureEndpointsCallback((context, queue, endpoint) =>
        {
            if (endpoint is IRabbitMqReceiveEndpointConfigurator rabbit)
            {
                RabbitMqTopology.Configure(rabbit, queue, context.GetRequiredService<IOptions<RabbitMqOptions>>().Value);
            }
        });
        bus.UsingRabbitMq((context, rabbit) =>
        {
            Connect(rabbit, new Uri(context.GetRequiredService<IOptions<RabbitMqOptions>>().Value.Uri!));
            // An unroutable message is an error. An activation is for whatever workers there are, none included.
            rabbit.ConfigureSend(send => send.UseSendExecute<RunsReady>(Mandatory));
            rabbit.ConfigurePublish(publish => publish.UseExecute(context =>
            {
                if (context is PublishContext<RunsSubmitted>)
                {
                    Mandatory(context);
                }
            }));
            rabbit.ConfigureEndpoints(context);
        });
    }

    public static void AddRabbitMqSettings(this IServiceCollection services)
    {
        services.AddOptions<RabbitMqOptions>().BindConfiguration(RabbitMqOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RabbitMqOptions>, RabbitMqOptionsValidator>());
        services.TryAddSingleton<BusMetrics>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, RabbitMqWatch>());
        services.AddOptions<MassTransitHostOptions>().Configure(host =>
        {
            host.WaitUntilStarted = false;
            host.StopTimeout = StopLimit;
        });
    }

    private static void Connect(IRabbitMqBusFactoryConfigurator rabbit, Uri address) => rabbit.Host(address, host =>
    {
        host.PublisherConfirmation = true;
        host.Heartbeat(Heartbeat);
    });

    private static void Mandatory(SendContext context)
    {
        if (context.TryGetPayload(out RabbitMqSendContext? rabbit))
        {
            rabbit.Mandatory = true;
        }
    }
}
